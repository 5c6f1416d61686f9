export { openWordSet, type WordIndex, type WordSet } from "./word-set.ts";
