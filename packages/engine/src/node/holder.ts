import { utimesSync } from "node:fs";

/** The process that holds a lock. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** How often a holder touches its lock. */
export const HEARTBEAT_MS = 5_000;
/** A holder that hasn't touched its lock for so long is gone, or asleep, or on a machine that is. */
export const SILENT_MS = 120_000;

/** A holder in words. */
export function nameOfHolder(holder: Holder | undefined): string {
  return holder === undefined ? "another process" : `process ${holder.pid} on ${holder.host}`;
}

/** Touches a lock as long as this process lives, until the function that it gives is called. */
export function keepTouching(path: string): () => void {
  const beat = setInterval(() => touch(path), HEARTBEAT_MS).unref();
  return () => clearInterval(beat);
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // It was taken away while this machine slept, or deleted by hand: it is not made again.
  }
}

/** Whether a process of this machine lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
