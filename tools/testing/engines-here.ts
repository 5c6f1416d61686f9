import { ENGINE_NAMES, type EngineName, startEngine } from "@dira/engine";

const inBrowser = "document" in globalThis;
/** In a browser the test server gives out the `.wasm` files from where they are installed. */
const options = inBrowser ? { wasmPaths: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/" } : {};

/**
 * Those of the engines that start here, each started once; why others don't is printed. In a browser the native ones
 * are not asked for.
 */
export async function enginesHere<T extends EngineName = EngineName>(
  names: readonly T[] = ENGINE_NAMES as unknown as readonly T[],
): Promise<T[]> {
  const here: T[] = [];
  for (const name of names) {
    if (inBrowser && (name === "torch" || name === "tensorflow")) continue;
    try {
      await startEngine(name, options);
      here.push(name);
    } catch (error) {
      console.log(`tests on the engine \`${name}\` are skipped: ${String(error)}`);
    }
  }
  return here;
}
