import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HEARTBEAT_MS, isAlive, keepTouching, nameOfHolder, SILENT_MS } from "@dira/engine/node";
import { writeAtomically } from "@dira/training/node";
import { z } from "zod";
import { UsageError } from "./usage-error.ts";

/** Keeps two processes from working in one folder. */
export interface FolderLock {
  /** Notes the processes that run for this one. */
  note(children: readonly number[]): void;
  release(): void;
}

const schema = z.object({ pid: z.number(), host: z.string(), children: z.array(z.number()) });
type Owner = z.infer<typeof schema>;

/** How long runs of a benchmark that was killed may take to notice. */
const PATIENCE_MS = 120_000;

const lockOf = (out: string): string => join(out, "dira.lock");

/**
 * Takes the lock of a folder. That of a process that is gone is taken over: at once on this machine, after two minutes
 * without a sign of life where it ran on another. The runs of a benchmark that was killed end after their present step, and
 * are waited for.
 *
 * @throws UsageError naming the process that has the lock.
 */
export async function lockFolder(out: string): Promise<FolderLock> {
  const path = lockOf(out);
  const signed = (children: readonly number[]): string =>
    `${JSON.stringify({ pid: process.pid, host: hostname(), children })}\n`;
  while (!create(path, signed([]))) {
    const text = textOf(path);
    if (text === undefined) continue;
    await waitForEnd(out, ownerIn(text));
    takeAway(path, text);
  }
  const stopTouching = keepTouching(path);
  return {
    note: (children) => writeAtomically(path, signed(children)),
    release: () => {
      stopTouching();
      rmSync(path, { force: true });
    },
  };
}

/**
 * A look before long preparations: whether another process of this machine has the lock.
 *
 * @throws UsageError as {@link lockFolder} does.
 */
export function checkUnlocked(out: string): void {
  const owner = ownerIn(textOf(lockOf(out)));
  if (owner?.host === hostname()) checkGone(out, owner);
}

/** Makes the lock's file; false where it is there. */
function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Undefined where a lock is not signed: its process has made it just now, or could not write it. */
function ownerIn(text: string | undefined): Owner | undefined {
  try {
    return schema.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/** Waits until nothing works in the folder any more. @throws UsageError when something goes on with it. */
async function waitForEnd(out: string, owner: Owner | undefined): Promise<void> {
  if (owner?.host !== hostname()) return waitForSilence(out, owner);
  checkGone(out, owner);
  const until = Date.now() + PATIENCE_MS;
  for (const child of owner.children) {
    while (isAlive(child)) {
      if (Date.now() > until) throw held(out, { ...owner, pid: child });
      await sleep(50);
    }
  }
}

/** A process with the id of this one was it before this machine, or container, was started again. */
function checkGone(out: string, owner: Owner): void {
  if (owner.pid !== process.pid && isAlive(owner.pid)) throw held(out, owner);
}

/** Processes of other machines can't be asked for: the lock's file tells by its time whether they live. */
async function waitForSilence(out: string, owner: Owner | undefined): Promise<void> {
  const path = lockOf(out);
  const seen = touchedAt(path);
  if (seen === undefined) return;
  if (Date.now() - seen < SILENT_MS)
    console.log(
      `${out} was locked by ${nameOfHolder(owner)}: waiting up to 2 minutes for a sign of life`,
    );
  while (Date.now() - seen < SILENT_MS) {
    await sleep(HEARTBEAT_MS / 10);
    const now = touchedAt(path);
    if (now === undefined) return;
    if (now !== seen) throw held(out, owner);
  }
}

function touchedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** Removes the lock of a process that is gone, unless another process has taken it over meanwhile. */
function takeAway(path: string, judged: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Another process was faster.
  }
  if (textOf(aside) === judged) rmSync(aside);
  else renameSync(aside, path);
}

function held(out: string, owner: Owner | undefined): UsageError {
  return new UsageError(
    `${out} is being worked on by ${nameOfHolder(owner)}. Wait for it, end it, or choose another --out; if that process is not dira's, delete ${lockOf(out)}.`,
  );
}
