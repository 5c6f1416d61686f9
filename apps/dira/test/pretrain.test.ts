import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "@dira/nn";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dira, main } from "./command.ts";
import { endAfter } from "./end-after.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-pretrain-"));
afterAll(() => rmSync(home, { recursive: true }));
const folder = (): string => mkdtempSync(join(home, "run-"));
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
  ...["--set", "width=4"],
];
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

describe("dira pretrain, whole runs on phantoms", () => {
  const whole = join(folder(), "whole");
  beforeAll(async () => {
    const { output } = await dira("pretrain", ...small, "--out", whole);
    if (!output.includes("done: 12 steps")) throw new Error(output);
  });

  it("killed, then interrupted, then resumed: bit for bit the run that was never stopped", async () => {
    const broken = join(folder(), "broken");
    const args = ["pretrain", ...small, "--out", broken];
    const log = join(broken, "metrics.jsonl");
    // Saved at 3, 4 (stage D ends), 6, 8, …: the first end leaves a checkpoint of a stage's end.
    await endAfter(["node", main, ...args], log, 5, "SIGKILL");
    expect(await endAfter(["node", main, ...args, "--resume"], log, 7, "SIGINT")).toBe(130);
    const resumed = await dira(...args, "--resume");
    expect(resumed.output).toMatch(/resumed at step (8|9|10|11) of 12/);
    expect(linesOf(broken)).toEqual(linesOf(whole));
    for (const name of ["last", "best", "d", "dr", "dra", "dra-unet"]) {
      const path = join("checkpoints", `${name}.safetensors`);
      const same = readFileSync(join(broken, path)).equals(readFileSync(join(whole, path)));
      expect(same, name).toBe(true);
    }
  });

  it("each step has a line, each stage its pictures, weights and state", async () => {
    const lines = linesOf(whole);
    expect(lines.map((line) => line["step"])).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(lines.map((line) => line["stage"]).join()).toBe("d,d,d,d,dr,dr,dr,dr,dra,dra,dra,dra");
    expect(Object.keys(lines[11] ?? {})).toEqual(
      expect.arrayContaining(["loss", "loss_dis", "loss_res", "loss_adv", "loss_critic", "lr"]),
    );
    expect(readdirSync(join(whole, "images")).sort()).toEqual(["dr.png", "dra.png"]);
  });

  it("a finished run stays as it is; one with other options or in an occupied folder is refused", async () => {
    const before = readFileSync(join(whole, "metrics.jsonl"), "utf8");
    expect((await dira("pretrain", ...small, "--out", whole, "--resume")).status).toBe(0);
    expect(readFileSync(join(whole, "metrics.jsonl"), "utf8")).toBe(before);
    const other = await dira("pretrain", ...small, "--out", whole, "--resume", "--seed", "9");
    expect(other.output).toMatch(/seed: 0 before, 9 now/);
    const occupied = await dira("pretrain", ...small, "--out", whole);
    expect([occupied.status, occupied.output.includes("already holds a run")]).toEqual([1, true]);
  });

  it("another run may start from its networks, and both are measured side by side", async () => {
    const next = join(folder(), "next");
    const init = join(whole, "checkpoints", "d.safetensors");
    const options = ["--stages", "dr", "--init", init, "--steps", "2", "--out", next];
    expect((await dira("pretrain", ...small, ...options)).output).toMatch(
      /init: all \d+ tensors from/,
    );
    const measured = await dira("evaluate", whole, next, "--draws", "1");
    expect(measured.status, measured.output).toBe(0);
    const { rows } = JSON.parse(readFileSync(join(whole, "evaluation.json"), "utf8")) as {
      rows: { name: string; stage: string; restoration?: { error_ratio: number } }[];
    };
    expect(rows.map(({ name, stage }) => `${name} ${stage}`)).toEqual([
      "random weights random",
      "whole/d d",
      "whole/dr dr",
      "whole/dra dra",
      "next/dr dr",
    ]);
    for (const row of rows.slice(2)) expect(row.restoration?.error_ratio).toBeGreaterThan(0);
    expect((await dira("evaluate", folder())).output).toMatch(/There is no run/);
  });

  /** The finished run as it was when stage D had ended. */
  const cutBack = (): { out: string; last: string; args: string[] } => {
    const out = join(folder(), "cut");
    cpSync(whole, out, { recursive: true });
    const last = join(out, "checkpoints", "last.safetensors");
    cpSync(join(out, "checkpoints", "d.safetensors"), last);
    return { out, last, args: ["pretrain", ...small, "--out", out, "--resume"] };
  };

  it("a full disk while saving: a clear error, the last good state stays, and the run can go on", async () => {
    const { out, last, args } = cutBack();
    const kept = readFileSync(last);
    // The limit on a file's size, in KiB, stands for the disk: stage D's state fits, that of D+R does not.
    const limit = Math.ceil(kept.length / 1024) + 64;
    const limited = ["-c", `ulimit -f ${limit}; exec node "$0" "$@"`, main, ...args];
    const { status, stdout, stderr } = spawnSync("bash", limited, { encoding: "utf8" });
    expect(stderr).toMatch(/error: Could not write .*last\.safetensors.* is intact/);
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
    expect(readFileSync(last).equals(kept)).toBe(true);
    expect((await dira(...args)).status).toBe(0);
    expect(linesOf(out)).toEqual(linesOf(whole));
    const final = readFileSync(join(whole, "checkpoints", "last.safetensors"));
    expect(readFileSync(last).equals(final)).toBe(true);
  });

  it("another network's state, or weights alone, in the place of the run's: refused, nothing lost", async () => {
    const { out, last, args } = cutBack();
    const log = readFileSync(join(out, "metrics.jsonl"), "utf8");
    const { tensors, metadata } = decodeSafetensors(readFileSync(last));
    const name = "encoder.parameters/conv1.weight";
    const { dtype, data } = tensors[name] as StoredTensor;
    const other = { ...tensors, [name]: { dtype, shape: [data.length], data } };
    writeFileSync(last, encodeSafetensors(other, metadata));
    expect((await dira(...args)).output).toMatch(/is of another architecture.*conv1\.weight/);
    cpSync(join(out, "checkpoints", "d-unet.safetensors"), last);
    const alone = await dira(...args);
    expect(alone.output).toMatch(/is not the training state of a run/);
    expect(alone.status).toBe(1);
    expect(readFileSync(join(out, "metrics.jsonl"), "utf8")).toBe(log);
  });

  it("a few damaged images are named, counted and left out", async () => {
    const images = folder();
    const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
    const create = { width: 48, height: 40, channels: 3, background: "grey", noise } as const;
    for (let i = 0; i < 12; i += 1)
      await sharp({ create })
        .png()
        .toFile(join(images, `${100 + i}.png`));
    truncateSync(join(images, "103.png"), 900);
    writeFileSync(join(images, "105.png"), "no image");
    const options = [..."--stages d --steps 1 --set maxUnreadable=0.2 --data".split(" "), images];
    const { status, output } = await dira(
      "pretrain",
      ...small,
      ...options,
      "--out",
      join(folder(), "r"),
    );
    expect(output).toMatch(/warning: .*103\.png/);
    expect(output).toMatch(/warning: .*105\.png/);
    expect(output).toContain("2 unreadable images are left out");
    expect(status).toBe(0);
  });
});
