import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Starts a command and sends it a signal once its log has this many lines; gives its exit code. */
export async function endAfter(
  [command, ...args]: readonly string[],
  log: string,
  lines: number,
  signal: NodeJS.Signals,
): Promise<number | null> {
  const child = spawn(command as string, args, { stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  while (!existsSync(log) || readFileSync(log, "utf8").split("\n").length <= lines) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the run ended before the signal (${child.exitCode}, ${child.signalCode})`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill(signal);
  return ended;
}
