// Stands in for `node/starters.ts` outside Node.js: `imports` in package.json.
import { EngineError } from "./report.ts";

export function loadTensorFlow(): never {
  throw new EngineError("Engine `tensorflow` needs Node.js. Use `wasm` or `cpu` in a browser.");
}

export function loadTorch(): never {
  throw new EngineError("Engine `torch` needs Node.js. Use `wasm` or `cpu` in a browser.");
}

export function findWasmFolder(): undefined {
  return undefined;
}
