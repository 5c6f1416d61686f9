import { type EngineName, startEngine } from "@dira/engine";

const inBrowser = "document" in globalThis;
const names: readonly EngineName[] = inBrowser ? ["wasm", "cpu"] : ["tensorflow", "wasm", "cpu"];
/** In a browser the test server gives out the `.wasm` files from where they are installed. */
const options = inBrowser ? { wasmPaths: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/" } : {};

/** The engines that start here; why others don't is printed. */
export async function enginesHere(): Promise<EngineName[]> {
  const here: EngineName[] = [];
  for (const name of names) {
    try {
      await startEngine(name, options);
      here.push(name);
    } catch (error) {
      console.log(`tests of the ${name} engine are skipped: ${String(error)}`);
    }
  }
  return here;
}
