import { createRequire } from "node:module";
import { dirname, sep } from "node:path";

/** The folder of the `.wasm` files, ending with a separator; undefined when it can't be found. */
export function findWasmFolder(): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    return dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + sep;
  } catch {
    return undefined;
  }
}
