import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const child = fileURLToPath(new URL("../../test/bounded-child.mjs", import.meta.url));

/** What {@link child} prints. */
interface Measured {
  /** Bytes that the cache holds after each step. */
  readonly bytes: readonly number[];
  /** Bytes of the scans on disk, now and then. */
  readonly disk: readonly number[];
  readonly maxBytes: number;
  readonly maxDiskBytes: number;
  readonly usable: number;
}

async function train(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "dira-bounded-"));
  const given = { count: COUNT, size: SIZE, held: HELD, folder };
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(given)]);
  return JSON.parse(stdout) as Measured;
}

/** CTs of 0.6 MB; so many are held. */
const [COUNT, HELD] = [60, 6];
const SIZE = [32, 96, 96];
const ALL = COUNT * 2 * 32 * 96 * 96;

it("patches of 60 CTs, whole run: neither cache passes its bound", async () => {
  const run = await train();
  expect([run.usable, run.bytes.length]).toEqual([COUNT, (2 * COUNT) / HELD]);
  expect(run.maxBytes).toBe((ALL * HELD) / COUNT);
  expect(Math.max(...run.bytes)).toBeLessThanOrEqual(run.maxBytes);
  // Full all the time: nothing would be shown else.
  expect(Math.min(...run.bytes)).toBe(run.maxBytes);
  expect(Math.max(...run.disk)).toBeLessThanOrEqual(run.maxDiskBytes);
  expect(Math.min(...run.disk)).toBeGreaterThan(run.maxDiskBytes * 0.8);
}, 300_000);
