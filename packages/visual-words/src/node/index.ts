export { isWordSet, wordCubes } from "./word-cubes.ts";
export { openWordSet, type WordIndex, type WordSet } from "./word-set.ts";
