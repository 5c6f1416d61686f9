import { type ChildProcess, fork } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "@dira/data";
import { type PlannedRun, stateOf } from "./runs.ts";

/** How a run ended. */
interface RunEnd {
  /** Undefined when it has finished. */
  readonly problem?: string;
  readonly seconds: number;
}

/** A run in a process of its own. */
export interface RunningRun {
  readonly process: ChildProcess;
  readonly ended: Promise<RunEnd>;
}

/** Ends a process whose parent is gone, kill -9 included: the channel between them closes. */
const END_WITH_PARENT = `data:text/javascript,${encodeURIComponent(
  'process.once("disconnect", () => process.exit(1)); process.channel?.unref();',
)}`;

/**
 * Starts a run in a process of its own, from where it was; its output is added to its log.
 *
 * @param more - arguments that do not decide its result.
 */
export function startRun(run: PlannedRun, more: readonly string[]): RunningRun {
  const resumed = stateOf(run) !== "to do";
  // Without a configuration there is nothing to go on with.
  if (!resumed) rmSync(run.folder, { recursive: true, force: true });
  const args = [...run.args, ...more, ...(resumed ? ["--resume"] : [])];
  makeFolder(dirname(run.log));
  const log = openSync(run.log, "a");
  writeSync(log, `$ dira ${args.map(quoted).join(" ")}\n`);
  const began = performance.now();
  // A group of its own: Ctrl-C on a terminal reaches the benchmark alone, which tells its runs once.
  const child = fork(process.argv[1] as string, args, {
    detached: true,
    execArgv: [...process.execArgv, "--import", END_WITH_PARENT],
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const ended = new Promise<RunEnd>((resolve) => {
    const end = (how: string): void => {
      const seconds = (performance.now() - began) / 1000;
      if (stateOf(run) === "finished") resolve({ seconds });
      else resolve({ seconds, problem: problemOf(run.log, how) });
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
  });
  return { process: child, ended };
}

function quoted(text: string): string {
  return /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The last error of a log, or how the process ended. */
function problemOf(log: string, how: string): string {
  const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
  const from = lines.findLastIndex((line) => line.startsWith("$ dira "));
  const error = lines.findLast((line, i) => i > from && line.startsWith("error: "));
  return error?.slice("error: ".length) ?? `ended by ${how}`;
}
