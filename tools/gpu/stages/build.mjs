// Builds the addon against the LibTorch of the run, as `dira doctor --fix` does, and says with what.
import { prepareTorch } from "@dira/engine/node";

const began = performance.now();
const { ok, message } = await prepareTorch((line) => console.log(line));
const seconds = Math.round((performance.now() - began) / 1000);
console.log(JSON.stringify({ addon: message, seconds }));
process.exit(ok ? 0 : 1);
