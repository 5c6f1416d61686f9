import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findAddon } from "../src/find-addon.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`The addon is not called with what it does not expect: ${why}`);

const SEED = 20_260_101;
const RUNS = 150;
const child = fileURLToPath(new URL("addon-child.mjs", import.meta.url));

it.skipIf(why !== undefined)(
  "the addon, given what it does not expect, refuses it in one line, and lives on",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "dira-addon-"));
    const log = join(folder, "calls");
    try {
      // In a process of its own, since what goes wrong here ends the process.
      const args = [child, findAddon(), `${SEED}`, `${RUNS}`, log];
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: "utf8",
      });
      const last = readFileSync(log, "utf8").trimEnd().split("\n").at(-1);
      expect({ status, signal, stderr }, `the last call was ${last}`).toEqual({
        status: 0,
        signal: null,
        stderr: "",
      });
      const { calls, refused } = JSON.parse(stdout) as { calls: number; refused: number };
      // Both what is right and what is wrong is met.
      expect(refused).toBeGreaterThan(calls / 4);
      expect(refused).toBeLessThan(calls);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
