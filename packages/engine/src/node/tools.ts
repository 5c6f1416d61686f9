import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** How a program ended. */
export interface Outcome {
  readonly ok: boolean;
  /** What it printed, both streams. */
  readonly output: string;
}

/** Runs a program to its end; a missing program is an outcome too. */
export function run(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => resolve({ ok: false, output: error.message }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}

/** The last telling line of a program's output. */
export function lastLine(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => /error|not found|no such|No space/i.test(line));
  return errors[errors.length - 1] ?? lines.filter((line) => line !== "").pop() ?? "no output";
}

/** Every python that has pip: those on the PATH, and the system's. */
export async function pythonsWithPip(): Promise<string[]> {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => ["python3", "python"].map((name) => join(folder, name)));
  const candidates = [...new Set([...onPath, "/usr/bin/python3"])].filter((path) =>
    existsSync(path),
  );
  const found: string[] = [];
  for (const python of candidates) {
    if ((await run(python, ["-m", "pip", "--version"])).ok) found.push(python);
  }
  return found;
}

/** Where Node's own headers are, or undefined. */
export function nodeHeaders(): string | undefined {
  const roots = [
    dirname(dirname(process.execPath)),
    process.env["npm_config_nodedir"] ?? "",
    "/usr",
    "/usr/local",
  ];
  return roots
    .map((root) => join(root, "include", "node"))
    .find((folder) => existsSync(join(folder, "node_api.h")));
}
