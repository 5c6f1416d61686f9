import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Holder, isAlive, keepTouching, nameOfHolder, SILENT_MS } from "./holder.ts";

/**
 * Runs `work` while holding a lock folder that other processes respect. The lock of a process that
 * ended without releasing it is taken over: at once on the same machine, after two minutes without a
 * sign of life otherwise.
 *
 * @param onWait - called once, with the holder's name, when another process holds the lock.
 * @throws Error when the lock is not free after `timeoutMs` (default 20 minutes).
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: (holder: string) => void,
  timeoutMs: number = 20 * 60_000,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const until = Date.now() + timeoutMs;
  let told = false;
  while (!tryLock(path)) {
    if (takeAway(path)) continue;
    const holder = nameOfHolder(ownerOf(path));
    if (!told) onWait(holder);
    told = true;
    if (Date.now() > until) throw new Error(`waited too long for ${holder}, which holds ${path}`);
    await sleep(250);
  }
  const stopTouching = keepTouching(path);
  try {
    return await work();
  } finally {
    stopTouching();
    rmSync(path, { recursive: true, force: true });
  }
}

function tryLock(path: string): boolean {
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  const owner: Holder = { pid: process.pid, host: hostname() };
  writeFileSync(join(path, "owner.json"), JSON.stringify(owner));
  return true;
}

/** Removes a lock whose holder is gone; true when the caller should try again. */
function takeAway(path: string): boolean {
  const judged = ownerOf(path);
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const dead = judged?.host === hostname() && !isAlive(judged.pid);
  // Between making the folder and signing it, a holder has no owner file for a moment.
  const unsigned = judged === undefined && age > 10_000;
  if (!dead && !unsigned && age < SILENT_MS) return false;
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return true; // another process was faster
  }
  const moved = ownerOf(aside);
  if (moved?.pid !== judged?.pid || moved?.host !== judged?.host) {
    // Another process had taken it over between the look and the move: give it back.
    renameSync(aside, path);
    return true;
  }
  rmSync(aside, { recursive: true, force: true });
  return true;
}

function ownerOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(path, "owner.json"), "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
