import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Encoder } from "@dira/backbones";
import { batchMaker, type ImageSet } from "@dira/data";
import { classifier, type Classifier } from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fileNamer } from "../src/file-names.ts";
import { TASKS } from "../src/finetuning/tasks.ts";
import { centreMap } from "../src/localising/baselines.ts";
import { findingsOf } from "../src/localising/findings.ts";
import type { Method } from "../src/localising/heat-maps.ts";
import type { LabelRun } from "../src/localising/runs.ts";
import { score } from "../src/localising/score.ts";
import { scoreRun } from "../src/localising/score-run.ts";
import type { ScoredFinding } from "../src/localising/scored-finding.ts";
import { summariseFindings } from "../src/localising/summary.ts";
import type { FinetuneConfig } from "../src/finetuning/config.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-heat-maps-"));
const at = (name: string): string => join(home, name);
afterAll(() => rmSync(home, { recursive: true }));
beforeAll(() => tf.setBackend("cpu"));
/** A network that sees brightness: its last map is the image, its logit the image's mean. */
function brightness(spatialRank: 2 | 3): Classifier {
  const channels = spatialRank === 2 ? 3 : 1;
  const encoder: Encoder = {
    spatialRank,
    inChannels: channels,
    stages: [{ name: "image", channels, reduction: Array<number>(spatialRank).fill(1) }],
    parameters: {},
    buffers: {},
    apply: (x) => ({ image: tf.clone(x) }),
  };
  const network = classifier({ encoder, outputs: 1 });
  network.parameters["head.weight"]?.assign(tf.ones([channels, 1]));
  return network;
}

const inside = (index: readonly number[], box: readonly number[]): boolean =>
  index.every((i, axis) => i >= (box[axis] as number) && i < (box[axis] as number) + (box[axis + index.length] as number)); // prettier-ignore

/** Dark images of 100 × 160, each with a bright box; kept smaller when they are asked for so. */
function brightBoxes(boxes: readonly (readonly number[])[]): ImageSet {
  return {
    name: "bright boxes",
    length: boxes.length,
    spatialRank: 2,
    id: (i) => `image ${i}`,
    labelNames: ["Nodule"],
    labels: () => [1],
    boxes: (i) => [{ label: "Nodule", box: boxes[i] as number[] }],
    read: async (i, side = 100) => {
      const shape = [side, Math.round((160 * side) / 100)];
      const [rows, columns] = shape as [number, number];
      const data = Uint8Array.from({ length: rows * columns }, (_, k) => {
        const place = [Math.floor(k / columns) + 0.5, (k % columns) + 0.5];
        const released = [(place[0] as number) * (100 / rows), (place[1] as number) * (160 / columns)]; // prettier-ignore
        return inside(released, boxes[i] as number[]) ? 255 : 0;
      });
      return { data, shape };
    },
  };
}

/** Volumes of 12 × 20 × 24 voxels of 2 × 1 × 1 mm, numbered against the patient's axes, with a bright box and its mask. */
function brightVolumes(boxes: readonly (readonly number[])[]): ImageSet {
  const shape = [12, 20, 24];
  const where = {
    shape,
    spacing: [2, 1, 1],
    origin: [30, -7, 40],
    direction: [[0, 0, -1], [0, 1, 0], [-1, 0, 0]], // prettier-ignore
  };
  const draw = (i: number): boolean[] =>
    Array.from({ length: 12 * 20 * 24 }, (_, k) =>
      inside([Math.floor(k / 480), Math.floor(k / 24) % 20, k % 24], boxes[i] as number[]),
    );
  return {
    name: "bright volumes",
    length: boxes.length,
    spatialRank: 3,
    id: (i) => `volume ${i}`,
    labelNames: ["Nodule"],
    maskNames: ["Nodule"],
    labels: () => [1],
    mask: async (i) => ({ ...where, data: Uint8Array.from(draw(i), Number) }),
    read: async (i) => ({ ...where, data: Int16Array.from(draw(i), (hot) => (hot ? 1000 : -1000)) }), // prettier-ignore
  };
}

async function scored(
  set: ImageSet,
  config: Partial<FinetuneConfig>,
  method: Method,
): Promise<readonly ScoredFinding[]> {
  const task = TASKS[set.spatialRank === 2 ? "chestx-ray14" : "luna"] as FinetuneConfig;
  const run: LabelRun = {
    path: "run",
    config: { ...task, ...config, workers: 0 },
    names: ["Nodule"],
    classifier: brightness(set.spatialRank),
    set,
    train: undefined,
  };
  const findings = await findingsOf(set, run.names, run.names);
  const maker = batchMaker(0);
  const options = { method, share: 0.5, batch: 2, overlays: { folder: home, most: 1, nameOf: fileNamer() }, window: 4, stride: 2 }; // prettier-ignore
  try {
    return await scoreRun(run, findings, maker, options);
  } finally {
    await maker.close();
  }
}

describe("the place of heat maps on the released image", () => {
  // 100 × 160 become 73 × 73, of which the network sees the middle 64: rows 5.5 to 93.2, columns 8.8 to 149.
  const boxes = [
    [12, 112, 18, 30],
    [60, 20, 24, 16],
    [40, 0, 20, 20],
    [40, 0, 10, 5],
  ];
  const config = { size: 64, normalize: "none" } as const;

  it.each(["grad-cam", "grad-cam++"] as const)("%s: boxes are found where they are; what the crop cuts off is missed, and counts", async (method) => {
    const found = await scored(brightBoxes(boxes), config, method);
    expect(found.map(({ image }) => image)).toEqual([0, 1, 2, 3].map((i) => `image ${i}`));
    const of = (i: number): Readonly<Record<string, number | undefined>> => found[i]?.scores[method]?.metrics ?? {}; // prettier-ignore
    for (const i of [0, 1]) {
      expect(of(i)["iou"]).toBeGreaterThan(0.8);
      expect(of(i)["pointing_game"]).toBe(1);
      expect(of(i)["energy_pointing_game"]).toBeGreaterThan(0.85);
    }
    const seen = (20 - 160 * (4 / 73)) / 20;
    [1, 1, seen, 0].forEach((share, i) => expect(found[i]?.inView).toBeCloseTo(share, 9));
    expect(Math.abs((of(2)["iou"] ?? NaN) - seen)).toBeLessThan(0.1);
    // Out of view the map is empty: no box, and no energy.
    expect(found[3]?.scores[method]?.box).toBeUndefined();
    expect([of(3)["iou"], of(3)["energy_pointing_game"]]).toEqual([0, 0]);
    const { mean } = summariseFindings(found, method);
    expect([mean.findings, mean.partly_in_view, mean.out_of_view, mean.empty_maps]).toEqual([4, 1, 1, 1]); // prettier-ignore
    expect(mean.maps[method]?.["accuracy@0.7"]?.value).toBe(0.5);
    expect(existsSync(at("image_0-Nodule.png"))).toBe(true);
  }); // prettier-ignore

  it.each(["grad-cam", "occlusion"] as const)("%s of volumes that lie against the patient's axes", async (method) => {
    const cubes = [
      [3, 4, 6, 4, 6, 4],
      [5, 10, 14, 4, 6, 4],
    ];
    const found = await scored(brightVolumes(cubes), { size: [8, 16, 16] }, method);
    expect(found.map((each) => each.boxes)).toEqual(cubes.map((box) => [box]));
    for (const { scores, inView } of found) {
      expect(inView).toBe(1);
      const metrics = scores[method]?.metrics ?? {};
      // A window of 4 does not tell a box's border from what is just beyond.
      const least = method === "grad-cam" ? { point: 1, iou: 1 } : { point: 0.7, iou: 0.3 };
      expect(metrics["pointing_game"]).toBeGreaterThanOrEqual(least.point);
      expect(metrics["iou"]).toBeGreaterThanOrEqual(least.iou);
      expect(metrics["mask_iou"]).toBeGreaterThanOrEqual(least.iou);
    }
  }); // prettier-ignore
});

describe("scores", () => {
  const shape = [20, 30];

  it("the centre map's box has the size that it is asked for, and its maximum in the middle", () => {
    const centre = { shares: [0.5, 0.2], from: "training boxes", boxes: 1 } as const;
    const map = centreMap(shape, centre, 0.2);
    const { box, metrics } = score(map, { boxes: [[5, 12, 10, 6]] }, 0.2);
    expect(box).toEqual([5, 12, 10, 6]);
    expect([metrics["iou"], metrics["pointing_game"], metrics["mask_iou"]]).toEqual([1, 1, undefined]); // prettier-ignore
  });

  it("of several boxes the best overlap counts, and the pointing games take all", () => {
    const data = Array.from({ length: 600 }, (_, k) => Number(inside([Math.floor(k / 30), k % 30], [2, 20, 4, 4]))); // prettier-ignore
    const boxes = [
      [10, 3, 5, 5],
      [2, 20, 4, 8],
    ];
    const { metrics } = score({ data, shape }, { boxes }, 0.2);
    expect([metrics["iou"], metrics["iobb"], metrics["accuracy@0.4"], metrics["accuracy@0.5"]]).toEqual([0.5, 1, 1, 0]); // prettier-ignore
    expect([metrics["pointing_game"], metrics["energy_pointing_game"]]).toEqual([1, 1]);
  });

  it("the mean counts labels the same, and intervals go by patients", () => {
    const finding = (label: string, patient: string, iou: number): ScoredFinding => {
      const one = (value: number): ScoredFinding["scores"][string] => ({ box: undefined, metrics: { iou: value } }); // prettier-ignore
      const scores = { m: one(iou), centre: one(0.25), random: one(0) };
      const centre = { shares: [0.5, 0.5], from: "fixed share", boxes: 0 } as const;
      return { run: "r", image: "i", patient, label, boxes: [], inView: 1, centre, scores };
    };
    const findings = [finding("a", "1", 1), finding("a", "1", 1), finding("a", "2", 1), finding("b", "1", 0)]; // prettier-ignore
    const { mean, labels } = summariseFindings(findings, "m");
    expect([mean.maps["m"]?.["iou"]?.value, mean.maps["m"]?.["iou"]?.patients]).toEqual([0.5, 2]);
    expect(labels["a"]?.maps["m"]?.["iou"]).toMatchObject({ value: 1, low: 1, high: 1 });
    expect(mean.leads["centre"]?.["iou"]?.difference).toBe(0.25);
    // Without patient 1 there is no b: some resamples have the mean 1.
    expect(mean.maps["m"]?.["iou"]?.high).toBe(1);
  });
});
