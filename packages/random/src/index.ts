export type { KeyPart } from "./key.ts";
export { type Block, philox4x32 } from "./philox.ts";
export { createRandom, type Random } from "./random.ts";
