import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Encoder } from "@dira/backbones";
import { batchMaker, type ImageSet } from "@dira/data";
import { classifier, type Classifier } from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { TASKS } from "../src/finetuning/tasks.ts";
import { centreMap } from "../src/localising/baselines.ts";
import { findingsOf } from "../src/localising/findings.ts";
import type { Method } from "../src/localising/heat-maps.ts";
import type { LabelRun } from "../src/localising/runs.ts";
import { score } from "../src/localising/score.ts";
import { scoreRun } from "../src/localising/score-run.ts";
import type { ScoredFinding } from "../src/localising/scored-finding.ts";
import { summarise } from "../src/localising/summary.ts";
import type { FinetuneConfig } from "../src/finetuning/config.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "dira-localize-"));
const at = (name: string): string => join(home, name);
afterAll(() => rmSync(home, { recursive: true }));
beforeAll(() => tf.setBackend("cpu"));
const dira = (...args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync("node", [main, ...args], { encoding: "utf8" });
  return stdout + stderr;
};

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
  const options = { method, share: 0.5, batch: 2, overlays: { folder: home, most: 1 }, window: 4, stride: 2 }; // prettier-ignore
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
    const { mean } = summarise(found, method);
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
    const { mean, labels } = summarise(findings, "m");
    expect([mean.maps["m"]?.["iou"]?.value, mean.maps["m"]?.["iou"]?.patients]).toEqual([0.5, 2]);
    expect(labels["a"]?.maps["m"]?.["iou"]).toMatchObject({ value: 1, low: 1, high: 1 });
    expect(mean.leads["centre"]?.["iou"]?.difference).toBe(0.25);
    // Without patient 1 there is no b: some resamples have the mean 1.
    expect(mean.maps["m"]?.["iou"]?.high).toBe(1);
  });
});

interface Written {
  readonly mean: { readonly findings: number; readonly maps: Readonly<Record<string, object>> };
  readonly labels: Readonly<Record<string, { readonly findings: number }>>;
  readonly centre: Readonly<Record<string, Readonly<Record<string, { readonly from: string }>>>>;
}
const written = (name: string): Written =>
  JSON.parse(readFileSync(join(at(name), "localization.json"), "utf8"));
const rowsOf = (name: string): string[] =>
  readFileSync(join(at(name), "localization.csv"), "utf8")
    .trim()
    .split("\n");

describe("dira localize", () => {
  const finetune = (task: string, name: string, ...more: readonly string[]): string => {
    const volumes = TASKS[task]?.spatialRank === 3;
    const size = volumes ? ["--size", "8,16,16", "--set", "width=2"] : ["--arch", "resnet18", "--size", "32", "--set", "width=4"]; // prettier-ignore
    return dira("finetune", "--task", task, "--out", at(name), ...size, "--batch", "4", "--epochs", "1", ...more); // prettier-ignore
  };
  const localize = (...args: readonly string[]): string => dira("localize", ...args);
  beforeAll(() => {
    finetune("chestx-ray14", "first", "--set", "phantoms=8");
    finetune("chestx-ray14", "second", "--set", "phantoms=16");
    finetune("luna", "luna", "--set", "phantoms=8");
  });

  it("scores a run's test images beside its baselines, and draws them", () => {
    const output = localize(at("first"), "--out", at("whole"));
    expect(output).toMatch(/\| iou \| \d\.\d+ \[/);
    const { mean, labels, centre } = written("whole");
    const total = Object.values(labels).reduce((sum, { findings }) => sum + findings, 0);
    expect(mean.findings).toBe(total);
    expect(Object.keys(mean.maps)).toEqual(["grad-cam", "centre", "random"]);
    expect(rowsOf("whole")).toHaveLength(1 + 3 * total);
    expect(readdirSync(join(at("whole"), "overlays"))).toHaveLength(total);
    const from = Object.values(centre[at("first")] ?? {}).map((each) => each.from);
    expect(new Set(from)).toContain("training boxes");
  });

  it("scores cubes by occlusion, with their masks", () => {
    expect(localize(at("luna"), "--out", at("cubes"), "--method", "occlusion", "--window", "4,8,8")).toMatch(/\| mask_iou \| \d/); // prettier-ignore
  });

  it("puts folds together, each image seen by the run that it is the test of", () => {
    const args = ["--method", "grad-cam++", "--level", "layer3", "--overlays", "0"];
    localize(at("first"), at("second"), "--out", at("both"), ...args);
    localize(at("second"), "--out", at("one"), ...args);
    localize(at("first"), "--out", at("other"), ...args);
    const [head, ...rows] = rowsOf("both");
    expect(rows).toEqual([...rowsOf("other").slice(1), ...rowsOf("one").slice(1)]);
    expect(head).toBe(rowsOf("one")[0]);
    expect(readdirSync(join(at("both"), "overlays"))).toEqual([]);
  });

  it("takes other images of the layout, their boxes in pixels as released", async () => {
    const folder = at("nih");
    mkdirSync(join(folder, "images"), { recursive: true });
    const pixels = Buffer.alloc(100 * 160, 40);
    for (let y = 30; y < 60; y += 1) pixels.fill(220, y * 160 + 50, y * 160 + 90);
    const names = ["00000001_000.png", "00000002_000.png"];
    for (const name of names) {
      await sharp(pixels, { raw: { width: 160, height: 100, channels: 1 } }).toColourspace("b-w").png().toFile(join(folder, "images", name)); // prettier-ignore
    }
    writeFileSync(join(folder, "test_list.txt"), names.join("\n"));
    const entries = names.map((name, i) => `${name},Mass,0,${i + 1}`);
    writeFileSync(join(folder, "Data_Entry_2017_v2020.csv"), ["Image Index,Finding Labels,Follow-up #,Patient ID", ...entries].join("\n")); // prettier-ignore
    writeFileSync(join(folder, "BBox_List_2017.csv"), `Image Index,Finding Label,Bbox [x,y,w,h],,,\n${names[0]},Mass,50,30,40,30,,\n`); // prettier-ignore
    expect(localize(at("first"), "--data", folder, "--out", at("nih-out"))).toMatch(/1 findings of 1 patients/); // prettier-ignore
    expect(rowsOf("nih-out")[1]).toMatch(/,"images\/00000001_000\.png","1","Mass",1,"\[30 50 30 40\]",grad-cam,/); // prettier-ignore
    expect(localize(at("first"), "--data", folder, "--out", at("no"), "--label", "Mass", "Hernia")).toMatch(/error: .*no image has a box or mask of Hernia/); // prettier-ignore
  });

  it("refuses what does not fit, and writes nothing", () => {
    finetune("montgomery", "masks", "--set", "phantoms=4");
    const refused = (...args: string[]): string => localize(...args, "--out", at("no"));
    expect(refused(at("masks"))).toMatch(/by masks \(task montgomery\).*Give a run of chestx-ray14/); // prettier-ignore
    expect(refused(at("first"), "--label", "Efusion")).toMatch(/no label `Efusion`\. Did you mean `Effusion`/); // prettier-ignore
    expect(refused(at("first"), "--level", "layer9")).toMatch(/stages stem, layer1.*not `layer9`/);
    expect(refused(at("first"), at("first"))).toMatch(/is in the images of both/);
    expect(refused(at("first"), at("luna"))).toMatch(/is of chest-xray14, .* of luna16/);
    expect(refused(at("first"), "--split", "train")).toMatch(/trained on 8 of the patients/);
    expect(refused(at("first"), "--method", "cam")).toMatch(/Allowed choices are grad-cam/);
    expect(refused(at("nothing"))).toMatch(/error: .*Give the folder of a run of dira finetune/);
    expect(existsSync(at("no"))).toBe(false);
    expect(localize(at("first"), "--out", home)).toMatch(/error: --out: .* is not empty/);
  });
});
