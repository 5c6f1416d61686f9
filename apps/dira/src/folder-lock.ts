import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "@dira/training/node";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";

/** Keeps two processes from working in one folder. */
export interface Lock {
  /** Notes the processes that run for it. */
  note(children: readonly number[]): void;
  release(): void;
}

const schema = z.object({ pid: z.number(), children: z.array(z.number()) });
/** How long runs of a benchmark that was killed may take to notice, in ms. */
const PATIENCE = 120_000;

/**
 * Takes the lock of a folder. Where a benchmark was killed, its runs notice after their present step, and are waited for.
 *
 * @throws UsageError when another process has the lock.
 */
export async function takeLock(out: string): Promise<Lock> {
  const path = join(out, "benchmark.lock");
  if (!create(path)) {
    await waitForRuns(out, path);
    rmSync(path, { force: true });
    if (!create(path)) throw new UsageError(`${out} was taken by another process just now.`);
  }
  const note = (children: readonly number[]): void =>
    writeAtomically(path, `${JSON.stringify({ pid: process.pid, children })}\n`);
  return { note, release: () => rmSync(path, { force: true }) };
}

/** Makes the lock's file; false where it is there. */
function create(path: string): boolean {
  try {
    writeFileSync(path, `${JSON.stringify({ pid: process.pid, children: [] })}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Waits for the runs of a benchmark that is gone. @throws UsageError when it is not, or they do not end. */
async function waitForRuns(out: string, path: string): Promise<void> {
  const { pid, children } = schema.parse(JSON.parse(readFileSync(path, "utf8")));
  const held = (id: number): string =>
    `${out} is being worked on by process ${id}. Wait for it or end it; if it is another program's, delete ${path}.`;
  if (pid !== process.pid && isAlive(pid)) throw new UsageError(held(pid));
  const until = Date.now() + PATIENCE;
  for (const child of children) {
    while (isAlive(child)) {
      if (Date.now() > until) throw new UsageError(held(child));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
