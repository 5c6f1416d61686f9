import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const folder = (): string => mkdtempSync(join(tmpdir(), "dira-app-"));
const small = [
  ...[
    "--recipe",
    "dira-2d-moco",
    "--arch",
    "resnet18",
    "--size",
    "32",
    "--batch",
    "4",
    "--steps",
    "4",
  ],
  ...["--set", "objective.queueSize=10", "--set", "phantoms=8", "--set", "checkpointEvery=3"],
];
const dira = (args: readonly string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync("node", [main, ...args], { encoding: "utf8" });
  return { status, output: stdout + stderr };
};
const linesOf = (out: string): Record<string, unknown>[] =>
  readFileSync(join(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const {
        images_per_second: _,
        rss_bytes: __,
        ...rest
      } = JSON.parse(line) as Record<string, unknown>;
      return rest;
    });

/** Starts a run and kills it as `kill -9` does once the log has this many lines. */
async function killAfter(args: readonly string[], out: string, lines: number): Promise<void> {
  const child = spawn("node", [main, ...args], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const log = join(out, "metrics.jsonl");
  while (!existsSync(log) || readFileSync(log, "utf8").split("\n").length <= lines) {
    if (child.exitCode !== null) throw new Error("the run ended before it could be killed");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill("SIGKILL");
  await ended;
}

describe("dira pretrain, whole runs on phantoms", () => {
  it(
    "a killed run goes on with --resume, bit for bit; a finished one stays as it is",
    { timeout: 600_000 },
    async () => {
      const [whole, broken] = [join(folder(), "whole"), join(folder(), "broken")];
      const first = dira(["pretrain", ...small, "--out", whole]);
      expect(first.output).toContain("done: 12 steps");
      // Saved at 3, 4 (stage D ends), 6, 8, …: the first kill leaves a checkpoint of a stage's end.
      await killAfter(["pretrain", ...small, "--out", broken], broken, 5);
      await killAfter(["pretrain", ...small, "--out", broken, "--resume"], broken, 9);
      const resumed = dira(["pretrain", ...small, "--out", broken, "--resume"]);
      expect(resumed.output).toMatch(/resumed at step (8|9|10|11) of 12/);
      expect(linesOf(broken)).toEqual(linesOf(whole));
      for (const name of ["last", "best", "d", "dr", "dra", "dra-unet"]) {
        const path = join("checkpoints", `${name}.safetensors`);
        expect(readFileSync(join(broken, path)).equals(readFileSync(join(whole, path)))).toBe(true);
      }
      expect(linesOf(whole).map((line) => line["step"])).toEqual(
        Array.from({ length: 12 }, (_, i) => i + 1),
      );
      expect(existsSync(join(whole, "images", "dra.png"))).toBe(true);

      const before = readFileSync(join(whole, "metrics.jsonl"), "utf8");
      const again = dira(["pretrain", ...small, "--out", whole, "--resume"]);
      expect(again.status).toBe(0);
      expect(readFileSync(join(whole, "metrics.jsonl"), "utf8")).toBe(before);

      const other = dira(["pretrain", ...small, "--out", whole, "--resume", "--seed", "9"]);
      expect(other.output).toMatch(/seed: 0 before, 9 now/);
      const occupied = dira(["pretrain", ...small, "--out", whole]);
      expect([occupied.status, occupied.output.includes("already holds a run")]).toEqual([1, true]);
    },
  );
});

describe("dira, examples of bad input", () => {
  const filled = (): string => {
    const out = folder();
    writeFileSync(join(out, "note.txt"), "mine");
    return out;
  };
  it.each<[string[], RegExp]>([
    [["--recipe", "dira-2d-mocco"], /no recipe `dira-2d-mocco`\. Did you mean `dira-2d-moco`\?/],
    [["--set", "objective.queuSize=5"], /no `objective\.queuSize`\. Did you mean `queueSize`\?/],
    [["--size", "50"], /`size`: must be a multiple of 32/],
    [["--arch", "resnet19"], /`arch`/],
    [["--batch", "500"], /batch \(500\) is larger than the set \(8/],
    [["--data", "/nonexistent"], /\/nonexistent does not exist/],
    [["--out", filled()], /is not empty/],
    [["--resume"], /there is no run/],
    [["--stepz", "3"], /unknown option '--stepz'/],
  ])("%j", (args, message) => {
    const { status, output } = dira([
      "pretrain",
      ...small,
      "--engine",
      "cpu",
      "--out",
      join(folder(), "run"),
      ...args,
    ]);
    expect(output).toMatch(message);
    expect(output).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });
});
