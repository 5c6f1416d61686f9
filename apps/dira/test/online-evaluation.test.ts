import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resNet } from "@dira/backbones";
import { batchMaker, cacheImages, type ImageCache, PHANTOM_LABELS, phantomXrays } from "@dira/data";
import { startEngine } from "@dira/engine";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { frozenQuality, onlineEvaluationOf } from "../src/evaluation/labelled-images.ts";
import { dira2dMoco } from "../src/recipes/dira-2d-moco.ts";
import { dira } from "./command.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), "dira-online-"));
afterAll(() => rmSync(folder, { recursive: true }));
const checkpoints = ["last", "best", "d", "dr"].map((name) => join("checkpoints", `${name}.safetensors`)); // prettier-ignore

/** Two stages of two steps, three to an epoch. */
async function pretrain(out: string, every: number, ...more: readonly string[]): Promise<void> {
  const options =
    "--recipe dira-2d-moco --arch resnet18 --size 32 --batch 16 --stages d,dr --steps 2";
  const set = ["width=4", "objective.queueSize=32", "phantoms=48", `onlineEvaluation.every=${every}`]; // prettier-ignore
  const args = [...options.split(" "), ...set.flatMap((each) => ["--set", each]), "--out", out];
  const run = await dira("pretrain", ...args, ...more);
  if (run.status !== 0) throw new Error(run.output);
}

type Line = Readonly<Record<string, number | string>>;

/** A run's lines, less what a clock decides. */
const linesOf = (out: string): Line[] =>
  readFileSync(join(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((text) => {
      const { images_per_second: _, rss_bytes: __, ...line } = JSON.parse(text) as Record<string, number>; // prettier-ignore
      return line;
    });
const isQuality = (name: string): boolean => /^val_(knn|probe)_/.test(name);
const expectSameWeights = (a: string, b: string): void => {
  for (const path of checkpoints) {
    expect(readFileSync(join(a, path)).equals(readFileSync(join(b, path))), path).toBe(true);
  }
};

describe("online evaluation, whole runs on phantoms", () => {
  const [without, withIt] = [join(folder, "without"), join(folder, "with")];
  beforeAll(async () => {
    await pretrain(without, 0);
    await pretrain(withIt, 2);
  });

  it("at a stage's end and where due, not after the first epoch; the run is the same without, bit for bit", async () => {
    const lines = linesOf(withIt);
    const told = lines.filter((line) => Object.keys(line).some(isQuality));
    expect(lines.filter((line) => "val_loss" in line).map(({ step }) => step)).toEqual([2, 3, 4]);
    expect(told.map(({ step }) => step)).toEqual([2, 4]);
    for (const line of told) {
      const names = Object.keys(line).filter(isQuality);
      expect(names).toEqual(["val_knn_auroc", "val_probe_auroc"]);
      for (const name of names) {
        expect(line[name]).toBeGreaterThanOrEqual(0);
        expect(line[name]).toBeLessThanOrEqual(1);
      }
    }
    const rest = lines.map((line) =>
      Object.fromEntries(Object.entries(line).filter(([name]) => !isQuality(name))),
    );
    expect(rest).toEqual(linesOf(without));
    expectSameWeights(withIt, without);
  });

  it("a resumed run logs the same figures and ends with the same weights", async () => {
    const resumed = join(folder, "resumed");
    cpSync(withIt, resumed, { recursive: true });
    cpSync(join(resumed, checkpoints[2] as string), join(resumed, checkpoints[0] as string));
    await pretrain(resumed, 2, "--resume");
    expect(linesOf(resumed)).toEqual(linesOf(withIt));
    expectSameWeights(resumed, withIt);
  });
});

describe("labelled images of a run", () => {
  const encoder = resNet("resnet18", { width: 2, random: createRandom("online") });
  const maker = batchMaker(0);
  const config = { ...dira2dMoco, size: 32 };
  const options = { ...config.onlineEvaluation, every: 1, maxTrain: 12 };
  let images: { readonly train: ImageCache; readonly val: ImageCache };
  beforeAll(async () => {
    await startEngine("cpu");
    const [train, val] = [phantomXrays({ count: 40, seed: 1 }), phantomXrays({ count: 16, seed: 1, first: 40 })]; // prettier-ignore
    images = { train: await cacheImages(train, { side: 40 }), val: await cacheImages(val, { side: 40 }) }; // prettier-ignore
  });

  it("takes at most maxTrain training images, the same each time, and all held-out ones", async () => {
    const asked: [string, number][] = [];
    const counting = (name: string, cache: ImageCache): ImageCache => ({
      ...cache,
      get: (index) => {
        asked.push([name, index]);
        return cache.get(index);
      },
    });
    const counted = { train: counting("train", images.train), val: counting("val", images.val) };
    const online = onlineEvaluationOf({ ...config, onlineEvaluation: options }, encoder, counted, maker); // prettier-ignore
    const first = await online?.evaluate(encoder);
    const once = asked.splice(0);
    const tensors = tf.memory().numTensors;
    expect(await online?.evaluate(encoder)).toEqual(first);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(asked).toEqual(once);
    expect(once.filter(([name]) => name === "train").length).toBe(12);
    expect(once.filter(([name]) => name === "val").map(([, index]) => index)).toEqual(images.val.usable); // prettier-ignore
  });

  it("tells each label by its name; less without the probe", async () => {
    const of = (probe: boolean) => frozenQuality({ ...config, onlineEvaluation: { ...options, probe } }, encoder, images, maker); // prettier-ignore
    const quality = await of(true);
    expect(Object.keys(quality?.probe?.labels ?? {})).toEqual([...PHANTOM_LABELS]);
    expect(Object.keys((await of(false)) ?? {})).toEqual(["knn"]);
  });

  it("without labels: refused where it is asked for, nothing where it is not", async () => {
    const bare = (cache: ImageCache): ImageCache => {
      const { labels: _, ...set } = cache.set;
      return { ...cache, set };
    };
    const unlabelled = { train: bare(images.train), val: bare(images.val) };
    const asked = { ...config, onlineEvaluation: options };
    expect(() => onlineEvaluationOf(asked, encoder, unlabelled, maker)).toThrow(/needs labels/);
    expect(onlineEvaluationOf(config, encoder, unlabelled, maker)).toBeUndefined();
    expect(await frozenQuality(config, encoder, unlabelled, maker)).toBeUndefined();
  });
});
