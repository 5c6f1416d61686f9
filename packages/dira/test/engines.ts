import { type EngineName, startEngine } from "@dira/engine";

/** The engines that start here; why others don't is printed. */
export async function enginesHere(): Promise<EngineName[]> {
  const here: EngineName[] = [];
  for (const name of ["tensorflow", "wasm", "cpu"] as const) {
    try {
      await startEngine(name);
      here.push(name);
    } catch (error) {
      console.log(`tests of the ${name} engine are skipped: ${String(error)}`);
    }
  }
  return here;
}
