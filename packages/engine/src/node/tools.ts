import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";

/** How a program ended. */
export interface Outcome {
  readonly ok: boolean;
  /** What it printed, both streams. */
  readonly output: string;
  /** The signal that ended it, if one did. */
  readonly signal: string | undefined;
}

/** Runs a program to its end; a missing program and one that overruns are outcomes too. */
export function run(
  command: string,
  args: readonly string[],
  timeoutMs: number = 30 * 60_000,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    // Not spawn's own timeout: its timer outlives a program that could not be started.
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-100_000);
    };
    const end = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => end({ ok: false, output: error.message, signal: undefined }));
    child.on("close", (code, signal) =>
      end({ ok: code === 0, output, signal: signal ?? undefined }),
    );
  });
}

/** The most telling line of a program's output: its first real error, else its last line. */
export function tellingLine({ output, signal }: Outcome): string {
  if (signal !== undefined) return `it was ended by ${signal}`;
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^warning/i.test(line));
  const error = lines.find((line) => /\berror\b|no space|not found|no such/i.test(line));
  return (error ?? lines.at(-1) ?? "it said nothing").slice(0, 300);
}

/** Every python that has pip: those on the PATH, and the system's. */
export async function pythonsWithPip(): Promise<string[]> {
  const found: string[] = [];
  for (const python of pythonsHere()) {
    if ((await run(python, ["-m", "pip", "--version"], 60_000)).ok) found.push(python);
  }
  return found;
}

/** Every python: those on the PATH, and the system's. */
export function pythonsHere(): string[] {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => ["python3", "python"].map((name) => join(folder, name)));
  const system = process.env["DIRA_SYSTEM_PYTHON"] ?? "/usr/bin/python3";
  const seen = new Set<string>();
  return [...onPath, system].filter((python) => {
    if (!existsSync(python)) return false;
    // /bin is often a link to /usr/bin. Links to a python itself may be environments of their own.
    const place = join(realpathSync(dirname(python)), basename(python));
    if (seen.has(place)) return false;
    seen.add(place);
    return true;
  });
}

/** The first C++ compiler that answers, or undefined: `$CXX`, `g++`, `clang++`. */
export async function findCompiler(): Promise<string | undefined> {
  for (const name of [process.env["CXX"], "g++", "clang++"]) {
    if (name && (await run(name, ["--version"], 60_000)).ok) return name;
  }
  return undefined;
}

/** Where Node's own headers are, or undefined. */
export function nodeHeaders(): string | undefined {
  const beside = dirname(dirname(process.execPath));
  return [beside, process.env["npm_config_nodedir"], "/usr/local", "/usr"]
    .filter((root) => root !== undefined && root !== "")
    .map((root) => join(root as string, "include", "node"))
    .find((folder) => existsSync(join(folder, "node_api.h")));
}
