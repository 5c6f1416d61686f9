import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "./lock.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dira-lock-"));
  path = join(folder, "deep", "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silent = (): void => undefined;

/** A lock that another process left or holds. */
function holdAs(owner: { pid: number; host: string }): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "owner.json"), JSON.stringify(owner));
}

describe("withLock, laws", () => {
  it("lets one in at a time, gives each its result, and leaves nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { minLength: 2, maxLength: 3 }), async (delays) => {
        let inside = 0;
        const work = (delay: number) => async (): Promise<number> => {
          inside += 1;
          await sleep(delay);
          expect(inside).toBe(1);
          inside -= 1;
          return delay;
        };
        const results = delays.map((delay) => withLock(path, work(delay), silent));
        expect(await Promise.all(results)).toEqual(delays);
        expect(readdirSync(join(folder, "deep"))).toEqual([]);
      }),
      { numRuns: 4 },
    );
  });
});

describe("withLock, examples", () => {
  it("is free again after work that fails", async () => {
    const failing = withLock(path, () => Promise.reject(new Error("no")), silent);
    await expect(failing).rejects.toThrow("no");
    expect(existsSync(path)).toBe(false);
  });

  it("takes over at once from a process of this machine that is gone", async () => {
    holdAs({ pid: 2 ** 30, host: hostname() });
    const waits: string[] = [];
    const result = withLock(
      path,
      () => Promise.resolve(1),
      (who) => void waits.push(who),
    );
    expect(await result).toBe(1);
    expect(waits).toEqual([]);
  });

  it("waits for a live one, says so once, and gives up in time with its name", async () => {
    holdAs({ pid: process.pid, host: hostname() });
    const waits: string[] = [];
    const result = withLock(
      path,
      () => Promise.resolve(1),
      (who) => void waits.push(who),
      600,
    );
    await expect(result).rejects.toThrow(`waited too long for process ${process.pid}`);
    expect(waits).toEqual([`process ${process.pid} on ${hostname()}`]);
  });

  it("does not judge a process of another machine by its number", async () => {
    holdAs({ pid: 2 ** 30, host: "elsewhere" });
    const result = withLock(path, () => Promise.resolve(1), silent, 300);
    await expect(result).rejects.toThrow("on elsewhere");
  });
});
