export { type AdjointOptions, expectAdjoint } from "./adjoint.ts";
export { relativeError } from "./closeness.ts";
export { expectGradient, type GradientOptions, type TensorFunction } from "./gradient.ts";
export { expectNoLeak } from "./leaks.ts";
export { distinctValues, pseudoRandom } from "./samples.ts";
export { expectSecondOrderGradient } from "./second-order.ts";
