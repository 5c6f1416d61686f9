import { run, tellingLine } from "./tools.ts";

const PROGRAM = "require(process.argv[1])";

/**
 * Loads a binding in a child process, so that one that crashes can't take this process along.
 *
 * @returns why it does not load, in one line, or undefined when it does.
 */
export async function whyNotLoadable(binding: string): Promise<string | undefined> {
  const outcome = await run(process.execPath, ["-e", PROGRAM, binding], 120_000);
  if (outcome.ok) return undefined;
  if (outcome.signal === "SIGILL")
    return "it needs instructions that this processor lacks (SIGILL)";
  return tellingLine(outcome).replace(/^Error: /, "");
}
