import type { Raster } from "@dira/augmentations";
import { createRandom } from "@dira/random";
import { CHEST_XRAY14_LABELS } from "../sets/chest-xray14-tables.ts";
import { CHEXPERT_LABELS, resolveUncertain } from "../sets/chexpert-labels.ts";
import { PHANTOM_LABELS } from "./anatomy.ts";
import { phantomChestXray, type PhantomChestXray, phantomFindings } from "./chest-xray.ts";
import type { Drawn, KindOptions, PhantomKey, PhantomKind } from "./kinds.ts";

type Prevalence = Readonly<Record<string, number>>;

/** More findings than in the clinic, so that small sets hold each. */
const MANY: Prevalence = {
  Atelectasis: 0.15,
  Cardiomegaly: 0.12,
  Effusion: 0.18,
  Infiltration: 0.2,
  Mass: 0.1,
  Nodule: 0.12,
  Pneumonia: 0.1,
  Pneumothorax: 0.12,
  Consolidation: 0.1,
  Edema: 0.1,
  Emphysema: 0.08,
  Fibrosis: 0.08,
  Pleural_Thickening: 0.1,
  Hernia: 0.06,
};

/** How often a CheXpert label is left uncertain, and a negative one unmentioned. */
const UNCERTAIN = 0.08;
const UNMENTIONED = 0.6;

/** The app's phantoms: four findings, none of them rare. */
export const usualXrays = (): PhantomKind => xrays(undefined, PHANTOM_LABELS);

export const chestXray14Kind = (): PhantomKind => xrays(MANY, CHEST_XRAY14_LABELS);

function xrays(prevalence: Prevalence | undefined, labelNames: readonly string[]): PhantomKind {
  const given = prevalence === undefined ? {} : { prevalence };
  return {
    spatialRank: 2,
    shape: [256, 256],
    labelNames,
    labels: (key) => {
      const { findings } = phantomFindings({ ...key, ...given });
      return labelNames.map((label) => Number(findings.has(label)));
    },
    draw: (key, shape) => drawnOf(drawXray(key, shape, prevalence)),
  };
}

export function chexpertKind(options: KindOptions): PhantomKind {
  const { uncertain = "ignore", labelledBy = "reports" } = options;
  return {
    spatialRank: 2,
    shape: [256, 256],
    labelNames: CHEXPERT_LABELS,
    labels: (key) => {
      const truths = observationsOf(key);
      if (labelledBy === "radiologists") {
        return CHEXPERT_LABELS.map((label) => Number(truths[label] ?? false));
      }
      const random = createRandom(key.seed, key.index, key.study, "phantom-report");
      return CHEXPERT_LABELS.map((label) => {
        const truth = truths[label];
        const [a, b] = [random.uniform(), random.uniform()];
        if (truth === undefined) return NaN;
        if (label !== "No Finding" && a < UNCERTAIN) {
          return resolveUncertain(-1, uncertain, () => random.derive(label));
        }
        return truth ? 1 : b < UNMENTIONED ? NaN : 0;
      });
    },
    draw: (key, shape) => drawnOf(drawXray(key, shape, MANY)),
  };
}

/** Which of CheXpert's observations a phantom shows; of those that are not here it never shows any. */
function observationsOf(key: PhantomKey): Readonly<Record<string, boolean>> {
  const { findings, portable } = phantomFindings({ ...key, prevalence: MANY });
  const has = (...names: string[]): boolean => names.some((name) => findings.has(name));
  return {
    "No Finding": findings.size === 0,
    "Enlarged Cardiomediastinum": has("Cardiomegaly"),
    Cardiomegaly: has("Cardiomegaly"),
    "Lung Opacity": has("Infiltration", "Pneumonia", "Consolidation", "Edema", "Atelectasis"),
    "Lung Lesion": has("Nodule", "Mass"),
    Edema: has("Edema"),
    Consolidation: has("Consolidation"),
    Pneumonia: has("Pneumonia"),
    Atelectasis: has("Atelectasis"),
    Pneumothorax: has("Pneumothorax"),
    "Pleural Effusion": has("Effusion"),
    "Pleural Other": has("Pleural_Thickening"),
    "Support Devices": portable,
  };
}

export function siimAcrKind(): PhantomKind {
  const prevalence = { ...MANY, Pneumothorax: 0.35 };
  return {
    spatialRank: 2,
    shape: [256, 256],
    labelNames: ["Pneumothorax"],
    maskNames: ["Pneumothorax"],
    labels: (key) => [Number(phantomFindings({ ...key, prevalence }).findings.has("Pneumothorax"))],
    draw: (key, shape) => {
      const xray = drawXray(key, shape, prevalence);
      const found = xray.findings.find((f) => f.label === "Pneumothorax");
      const mask = found?.mask ?? new Uint8Array(xray.data.length);
      const drawn = drawnOf(xray);
      const boxes = drawn.boxes.filter((box) => box.label === "Pneumothorax");
      return { ...drawn, boxes, mask: { data: mask, shape } };
    },
  };
}

export function montgomeryKind(): PhantomKind {
  const prevalence = { Infiltration: 0.25, Nodule: 0.2, Pleural_Thickening: 0.2 };
  return {
    spatialRank: 2,
    shape: [256, 256],
    labelNames: ["Tuberculosis"],
    maskNames: ["left lung", "right lung"],
    labels: (key) => [Number(phantomFindings({ ...key, prevalence }).findings.size > 0)],
    draw: (key, shape) => {
      const xray = drawXray(key, shape, prevalence);
      return { ...drawnOf(xray), mask: { data: xray.lungs, shape } };
    },
  };
}

function drawXray(
  key: PhantomKey,
  shape: readonly number[],
  prevalence: Prevalence | undefined,
): PhantomChestXray {
  const given = prevalence === undefined ? {} : { prevalence };
  return phantomChestXray({ ...key, size: shape[0] as number, ...given });
}

/** As 8-bit grey, in memory that workers share. */
function drawnOf({
  data,
  size,
  findings,
}: PhantomChestXray): Drawn & { mask?: Raster<Uint8Array> } {
  const values = new Uint8Array(new SharedArrayBuffer(data.length));
  for (let i = 0; i < data.length; i += 1) values[i] = 255 * (data[i] as number) + 0.5;
  return {
    scan: { data: values, shape: [size, size] },
    boxes: findings.map(({ label, box }) => ({ label, box })),
  };
}
