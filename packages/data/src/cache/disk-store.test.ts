import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openDiskStore } from "./disk-store.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "dira-store-"));
const compiled = new URL("../../dist/cache/disk-store.js", import.meta.url).href;

/** Bytes of all scans in a store. */
function stored(path: string): number {
  return readdirSync(join(path, "objects"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** A scan of 1000 pixels and a head of 44 bytes at most. */
const scanOf = (value: number): { data: Uint8Array; shape: number[] } => ({
  data: new Uint8Array(1000).fill(value),
  shape: [10, 100],
});
const LARGEST = 1056;

/** Another process keeps `count` scans in a store that it opens. */
async function otherKeeps(
  path: string,
  maxBytes: number,
  from: number,
  count: number,
): Promise<void> {
  const code = `
    const { openDiskStore } = await import(${JSON.stringify(compiled)});
    const store = await openDiskStore(${JSON.stringify(path)}, ${maxBytes});
    for (let i = ${from}; i < ${from + count}; i += 1)
      await store.keep({ data: new Uint8Array(1000).fill(i), shape: [10, 100] });`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code]);
}

describe("openDiskStore, examples", () => {
  it("what a killed process left half-written goes after an hour", async () => {
    const path = folder();
    await (await openDiskStore(path, 1e6)).note("k", { hash: "h" });
    const [entry = ""] = readdirSync(join(path, "entries"));
    const [old, fresh] = ["old.7-1.tmp", "fresh.7-2.tmp"].map((n) =>
      join(path, "entries", entry, n),
    );
    for (const file of [old, fresh]) writeFileSync(file as string, "{");
    const hours = (n: number): number => Date.now() / 1000 - n * 3600;
    utimesSync(old as string, hours(1.1), hours(1.1));
    utimesSync(fresh as string, hours(0.9), hours(0.9));
    const store = await openDiskStore(path, 1e6);
    expect([existsSync(old as string), existsSync(fresh as string)]).toEqual([false, true]);
    expect(await store.find("k")).toEqual({ hash: "h" });
  });

  it("the bound counts what another process wrote since the store was opened", async () => {
    const [path, bound] = [folder(), 10 * LARGEST];
    const store = await openDiskStore(path, bound);
    for (let i = 0; i < 5; i += 1) await store.keep(scanOf(i));
    await otherKeeps(path, bound, 100, 9);
    expect(stored(path)).toBeLessThanOrEqual(bound);
    for (let i = 5; i < 8; i += 1) await store.keep(scanOf(i));
    expect(stored(path)).toBeLessThanOrEqual(bound);
    // What was written last is there.
    expect(stored(path)).toBeGreaterThan(8 * 1000);
  });

  it("two processes at once stay near the bound, and neither fails", async () => {
    const [path, bound] = [folder(), 20 * LARGEST];
    await Promise.all([otherKeeps(path, bound, 0, 60), otherKeeps(path, bound, 100, 60)]);
    expect(stored(path)).toBeLessThanOrEqual(bound * (1 + 2 / 16));
    expect(stored(path)).toBeGreaterThan(bound / 2);
  });
});
