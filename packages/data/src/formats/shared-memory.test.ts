import { spawnSync } from "node:child_process";
import { linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "dira-first-pass-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** CTs of 8 MB each on one file's blocks: 384 MB in all. */
const COUNT = 48;
const SHAPE = [64, 256, 256] as const;
const BYTES = 2 * SHAPE.reduce((a, b) => a * b, 1);
const KEPT = 4 * BYTES;

it("volumes that nobody holds any more are given back: reading many takes the memory of few", () => {
  const raw = join(folder, "one.raw");
  writeFileSync(raw, new Uint8Array(new Int16Array(BYTES / 2).fill(-500).buffer));
  for (let i = 0; i < COUNT; i += 1) {
    const name = `v${String(i).padStart(2, "0")}`;
    linkSync(raw, join(folder, `${name}.raw`));
    const header = `ObjectType = Image\nNDims = 3\nDimSize = 256 256 64\nElementSpacing = 1 1 1\nElementType = MET_SHORT\nElementDataFile = ${name}.raw\n`;
    writeFileSync(join(folder, `${name}.mhd`), header);
  }
  const child = fileURLToPath(new URL("../../test/first-pass-child.mjs", import.meta.url));
  const { stdout, stderr } = spawnSync("node", [child, folder, String(KEPT)], { encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  const { volumes, grown } = JSON.parse(stdout) as { volumes: number; grown: number };
  expect(volumes).toBe(COUNT);
  // What is kept, 64 MiB that each of two threads may leave lying, and as much in the making. Without collection it
  // is twice the whole set, 770 MB.
  expect(grown).toBeLessThan(KEPT + 3 * 64 * 2 ** 20 + 4 * BYTES);
}, 120_000);
