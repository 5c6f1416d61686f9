import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  phantomSet,
  readNifti,
  type Scan,
  worldToIndex,
  writeMetaImage,
  writeNifti,
} from "@dira/data";
import { decodeSafetensors } from "@dira/nn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dira, main } from "./command.ts";
import { endAfter } from "./end-after.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-volumes-"));
afterAll(() => rmSync(home, { recursive: true }));
const small = [
  ...["--size", "8,16,16", "--batch", "4", "--steps", "3", "--set", "width=2"],
  ...["--set", "phantoms=8", "--set", "phantomSize=[16,32,32]", "--set", "checkpointEvery=2"],
  ...["--set", "volumes.patches=2", "--set", "volumes.heldPatches=2"],
];
const linesOf = (out: string): Record<string, unknown>[] =>
  readFileSync(join(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const { images_per_second: _, rss_bytes: __, ...rest } = JSON.parse(line);
      return rest;
    });

describe("dira pretrain --recipe dira-3d-transvw on phantoms", () => {
  const recipe = ["pretrain", "--recipe", "dira-3d-transvw", ...small];
  const whole = join(home, "whole");
  beforeAll(async () => {
    const { output } = await dira(...recipe, "--out", whole);
    if (!output.includes("done: 9 steps")) throw new Error(output);
  });

  it("discovers the phantoms' words, then goes through D, D+R, D+R+A", async () => {
    expect(readdirSync(`${whole}-words`)).toContain("words");
    const lines = linesOf(whole);
    expect(lines.map((line) => line["stage"]).join()).toBe("d,d,d,dr,dr,dr,dra,dra,dra");
    expect(lines[0]).toHaveProperty("word_accuracy");
    expect(lines[8]).toMatchObject({ loss_res: expect.any(Number), loss_adv: expect.any(Number) });
    const { loss, loss_dis, loss_res, loss_adv } = lines[8] as Record<string, number>;
    expect(loss).toBeCloseTo((loss_dis ?? 0) + 100 * (loss_res ?? 0) + (loss_adv ?? 0), 4);
  });

  it("killed in D+R and resumed, it is bit for bit the run that was never stopped", async () => {
    const broken = join(home, "broken");
    cpSync(`${whole}-words`, `${broken}-words`, { recursive: true });
    const args = [...recipe, "--out", broken];
    await endAfter(["node", main, ...args], join(broken, "metrics.jsonl"), 5, "SIGKILL");
    expect((await dira(...args, "--resume")).output).toMatch(/resumed at step [45] of 9/);
    expect(linesOf(broken)).toEqual(linesOf(whole));
    for (const name of readdirSync(join(whole, "checkpoints"))) {
      const path = join("checkpoints", name);
      const same = readFileSync(join(broken, path)).equals(readFileSync(join(whole, path)));
      expect(same, name).toBe(true);
    }
  });

  it("exports under Models Genesis' names, and cubes as NIfTI", async () => {
    const { tensors } = decodeSafetensors(
      readFileSync(join(whole, "checkpoints", "dra-unet.safetensors")),
    );
    for (const name of ["down_tr4.ops.0.conv1.weight", "up_tr16.up_conv.weight"])
      expect(Object.keys(tensors)).toContain(name);
    const files = readdirSync(join(whole, "images", "dra"));
    expect(files).toHaveLength(12);
    const [target, restored] = (await Promise.all(
      ["target", "restored"].map((kind) =>
        readNifti(join(whole, "images", "dra", `0-${kind}.nii.gz`)),
      ),
    )) as [Scan, Scan];
    expect(target.shape).toEqual([8, 16, 16]);
    expect(restored.spacing).toEqual(target.spacing);
    expect([...restored.data].every((v) => v >= 0 && v <= 1)).toBe(true);
  });

  it("is measured against the distorted input's own error", async () => {
    const { output } = await dira("evaluate", whole, "--draws", "1");
    expect(output).toMatch(/whole\/dra \| – \| –/);
    const { rows } = JSON.parse(readFileSync(join(whole, "evaluation.json"), "utf8"));
    expect(rows.at(-1).restoration.distorted_mse).toBeGreaterThan(0);
    expect(rows.at(-1).losses.word_accuracy).toBeGreaterThanOrEqual(0);
  });
});

describe("scans on the disk", () => {
  /** A folder as LUNA16 has them, of phantom CTs, and the same as NIfTI. */
  const luna = join(home, "luna");
  const nifti = join(home, "nifti");
  const scans: Scan[] = [];
  beforeAll(async () => {
    const set = phantomSet({ kind: "chest-ct", count: 4, seed: 1, size: [16, 32, 32] });
    for (let i = 0; i < 4; i += 1) {
      const scan = { ...(await set.read(i)), origin: [-100, 20, 3 * i] };
      scans.push(scan);
      const [subset, split] = i < 3 ? ["subset0", "train"] : ["subset5", "val"];
      mkdirSync(join(luna, subset), { recursive: true });
      mkdirSync(join(nifti, split), { recursive: true });
      await writeMetaImage(join(luna, subset, `series-${i}.mhd`), scan);
      await writeNifti(join(nifti, split, `scan-${i}.nii.gz`), scan);
    }
  });
  const genesis = ["pretrain", "--recipe", "models-genesis", ...small];

  it("LUNA16: the cubes written lie where the scan has the same values", async () => {
    const out = join(home, "genesis");
    const { output } = await dira(...genesis, "--data", luna, "--out", out);
    expect(output).toMatch(/3 to train, 1 to validate[^]*done: 3 steps/);
    const cube = await readNifti(join(out, "images", "dr", "0-target.nii.gz"));
    const held = scans[3] as Scan;
    const [depth, height, width] = cube.shape as [number, number, number];
    const [, h, w] = held.shape as [number, number, number];
    let worst = 0;
    for (const [z, y, x] of [
      [0, 0, 0],
      [depth - 1, 2, 5],
      [3, height - 1, width - 1],
    ] as const) {
      const world = (cube.origin ?? []).map((at, axis) =>
        [x, y, z].reduce(
          (sum, index, i) =>
            sum + index * (cube.spacing?.[2 - i] ?? 0) * (cube.direction?.[2 - i]?.[axis] ?? 0),
          at,
        ),
      );
      const [k, j, i] = worldToIndex(held, world).map(Math.round) as [number, number, number];
      const share = ((held.data[(k * h + j) * w + i] as number) + 1000) / 2000;
      const got = cube.data[(z * height + y) * width + x] as number;
      worst = Math.max(worst, Math.abs(got - Math.min(1, Math.max(0, share))));
    }
    expect(worst).toBeLessThan(1e-4);
  });

  it("a folder with train/ and val/ gives the same run as LUNA16's", async () => {
    const out = join(home, "genesis-nifti");
    expect((await dira(...genesis, "--data", nifti, "--out", out)).output).toMatch(/done: 3 steps/);
    expect(linesOf(out)).toEqual(linesOf(join(home, "genesis")));
  });

  it.each(["dira-3d-moco", "dira-3d-barlow", "dira-3d-simsiam"])(
    "%s needs no words",
    async (recipe) => {
      const out = join(home, recipe);
      const options = recipe === "dira-3d-moco" ? ["--set", "objective.queueSize=8"] : [];
      const narrow = recipe === "dira-3d-barlow" ? ["--set", "objective.features=[16,16]"] : [];
      const args = ["pretrain", "--recipe", recipe, ...small, ...options, ...narrow];
      expect((await dira(...args, "--data", nifti, "--out", out)).output).toMatch(/done: 9 steps/);
    },
  );

  it("refuses what does not fit, and says what would", async () => {
    const refused = async (...args: string[]): Promise<string> =>
      (await dira(...args, "--out", join(home, "no"))).output;
    const transvw = ["pretrain", "--recipe", "dira-3d-transvw", ...small];
    expect(await refused(...transvw, "--data", nifti)).toMatch(
      /these data have none\. Discover them/,
    );
    expect(await refused(...genesis, "--objective", "moco", "--data", nifti)).toMatch(
      /compares 2 views .* models-genesis gives 1/,
    );
    expect(await refused(...genesis, "--size", "12,16,16")).toMatch(
      /size`: must be a multiple of 8/,
    );
    expect(await refused(...genesis, "--size", "32")).toMatch(
      /must be \[depth, height, width\] in 3D/,
    );
    expect(await refused("pretrain", "--recipe", "dira-2d-moco", "--data", nifti)).toMatch(
      /holds volumes .* the recipe is 2D/,
    );
    expect(await refused(...genesis, "--size", "24,16,16", "--data", nifti)).toMatch(
      /scan-\d\.nii\.gz: .*16/,
    );
  });
});
