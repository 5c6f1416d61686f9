export { relativeError } from "./closeness.ts";
export { expectGradient, type GradientOptions } from "./gradient.ts";
export { expectNoLeak } from "./leaks.ts";
