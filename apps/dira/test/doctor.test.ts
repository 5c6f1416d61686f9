import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DoctorReport } from "@dira/engine/node";
import { describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Runs `dira doctor` where no native engine is prepared. */
function doctor(...args: string[]): { status: number | null; stdout: string } {
  const cache = mkdtempSync(join(tmpdir(), "dira-doctor-"));
  const env = { ...process.env, DIRA_CACHE: cache, DIRA_TORCH_ADDON: "", LIBTORCH: "" };
  const { status, stdout } = spawnSync("node", [main, "doctor", ...args], {
    encoding: "utf8",
    env,
  });
  rmSync(cache, { recursive: true, force: true });
  return { status, stdout };
}

describe("dira doctor, whole runs without a native engine", () => {
  it("says a line for each engine, why not, how good and how fast, and what auto takes", () => {
    const { status, stdout } = doctor();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^torch: not available\. .*not built yet.*dira doctor --fix/m);
    expect(stdout).toMatch(/^tensorflow: not available\. .*not built yet.*dira doctor --fix/m);
    expect(stdout).toMatch(/^wasm: TensorFlow\.js .*self-check passed.*GFLOP\/s$/m);
    expect(stdout).toMatch(/^cpu: TensorFlow\.js .*self-check passed.*GFLOP\/s$/m);
    expect(stdout).toMatch(/^auto: takes wasm$/m);
  });

  it("prints the same as JSON, and nothing else, on stdout", () => {
    const report = JSON.parse(doctor("--json").stdout) as DoctorReport;
    expect(report.auto).toBe("wasm");
    expect(report.engines.map(({ name, found }) => [name, found])).toEqual([
      ["torch", false],
      ["tensorflow", false],
      ["wasm", true],
      ["cpu", true],
    ]);
    for (const engine of report.engines.slice(2))
      expect(engine).toMatchObject({ failing: [], device: "CPU", threads: 1 });
  });
});
