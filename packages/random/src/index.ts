export type { KeyPart } from "./key.ts";
export { createRandom, type Random } from "./random.ts";
