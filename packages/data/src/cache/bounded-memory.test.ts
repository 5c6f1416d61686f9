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
  /** Resident memory of the process after each step, and bytes that the cache holds. */
  readonly rss: readonly number[];
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
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--expose-gc",
    child,
    JSON.stringify(given),
  ]);
  return JSON.parse(stdout) as Measured;
}

/** CTs of 0.6 MB; so many are held. */
const [COUNT, HELD] = [60, 6];
const SIZE = [32, 96, 96];
const ALL = COUNT * 2 * 32 * 96 * 96;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** By how much the last third's memory is above the first's. */
function growth({ rss }: Measured): number {
  const third = Math.floor(rss.length / 3);
  return median(rss.slice(-third)) - median(rss.slice(0, third));
}

it("patches of 60 CTs, whole run: neither cache passes its bound, memory stays flat", async () => {
  const run = await train();
  expect([run.usable, run.rss.length]).toEqual([COUNT, (2 * COUNT) / HELD]);
  expect(run.maxBytes).toBe((ALL * HELD) / COUNT);
  expect(Math.max(...run.bytes)).toBeLessThanOrEqual(run.maxBytes);
  // Full all the time: nothing would be shown else.
  expect(Math.min(...run.bytes)).toBe(run.maxBytes);
  expect(Math.max(...run.disk)).toBeLessThanOrEqual(run.maxDiskBytes);
  expect(Math.min(...run.disk)).toBeGreaterThan(run.maxDiskBytes * 0.8);
  // Two thirds of all CTs, 24 MB, are read between the middles of the two thirds; what held on to them would grow
  // by as much.
  expect(growth(run)).toBeLessThan(ALL / 3);
}, 300_000);
