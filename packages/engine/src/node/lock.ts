import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs `work` while holding a lock folder that other processes respect. A lock whose process is gone
 * is taken over.
 *
 * @param onWait - called once when another process holds the lock.
 * @throws Error when the lock is not free after `timeoutMs`.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: (pid: number) => void,
  timeoutMs: number = 20 * 60_000,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const until = Date.now() + timeoutMs;
  let told = false;
  while (!tryLock(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(path, { recursive: true, force: true });
      continue;
    }
    if (!told) onWait(holder ?? 0);
    told = true;
    if (Date.now() > until) throw new Error(`waited too long for process ${holder} at ${path}`);
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function tryLock(path: string): boolean {
  try {
    mkdirSync(path);
    writeFileSync(join(path, "pid"), String(process.pid));
    return true;
  } catch {
    return false;
  }
}

function holderOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(path, "pid"), "utf8"));
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
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
