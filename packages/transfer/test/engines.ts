import { startEngine } from "@dira/engine";

/** The engines that start here: `cpu`, and the native one where it is installed. */
export async function startableEngines(what: string): Promise<("cpu" | "tensorflow")[]> {
  try {
    await startEngine("tensorflow");
    return ["cpu", "tensorflow"];
  } catch (error) {
    console.log(`${what} on the engine \`tensorflow\` is skipped: ${String(error)}`);
    return ["cpu"];
  }
}
