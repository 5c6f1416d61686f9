import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Who holds a lock. */
interface Owner {
  readonly pid: number;
  readonly host: string;
}

const HEARTBEAT_MS = 5_000;
/** A holder that hasn't touched its lock for so long is gone, or asleep, or on a machine that is. */
const SILENT_MS = 120_000;

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
    const holder = nameOf(ownerOf(path));
    if (!told) onWait(holder);
    told = true;
    if (Date.now() > until) throw new Error(`waited too long for ${holder}, which holds ${path}`);
    await sleep(250);
  }
  const beat = setInterval(() => touch(path), HEARTBEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
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
  const owner: Owner = { pid: process.pid, host: hostname() };
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

function ownerOf(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(path, "owner.json"), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

function nameOf(owner: Owner | undefined): string {
  return owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The lock was taken away while this machine slept; the build still ends in one rename.
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
