import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@dira/random";
import { type ImageMetric, pairedBootstrap, type PairedDifference } from "@dira/transfer";
import Papa from "papaparse";
import { type Measured, measured } from "../finetuning/measure.ts";
import { UsageError } from "../usage-error.ts";
import { RESAMPLES } from "./predictions.ts";
import type { PlannedRun } from "./runs.ts";

/** Dice or IoU of each test image, the mean over its structures. */
export interface ImageScores {
  readonly images: readonly string[];
  readonly patients: readonly string[];
  readonly scores: readonly number[];
}

/** Of a run of masks. */
export function readImageScores(
  { folder }: Pick<PlannedRun, "folder">,
  metric: "dice" | "iou",
): ImageScores {
  const path = join(folder, "per-image.csv");
  return parseImageScores(readFileSync(path, "utf8"), metric, path);
}

/** {@link readImageScores} of a text. @throws UsageError naming the file and row for what is none. */
export function parseImageScores(text: string, metric: "dice" | "iou", path: string): ImageScores {
  const options = { header: true, skipEmptyLines: true } as const;
  const { data } = Papa.parse<Record<string, string>>(text, options);
  const found = new Map<string, { patient: string; values: number[] }>();
  data.forEach((row, n) => {
    const { image, patient, [metric]: cell = "" } = row;
    const value = cell === "" ? NaN : Number(cell);
    if (image === undefined || patient === undefined || Number.isNaN(value)) {
      throw new UsageError(
        `${path}: row ${n + 1} lacks its image, patient or ${metric}. Is it a per-image.csv of dira finetune?`,
      );
    }
    const known = found.get(image) ?? { patient, values: [] };
    known.values.push(value);
    found.set(image, known);
  });
  const all = [...found.values()];
  return {
    images: [...found.keys()],
    patients: all.map(({ patient }) => patient),
    scores: all.map(({ values }) => values.reduce((a, b) => a + b) / values.length),
  };
}

/**
 * How far the mean score of two inits differs, each image's averaged over the init's runs, by the paired bootstrap over test
 * patients.
 *
 * @param a - runs of the first, one or more. @param b - of the second.
 * @throws UsageError when not all runs were tested on the same images.
 */
export function compareImageScores(
  a: readonly ImageScores[],
  b: readonly ImageScores[],
): PairedDifference {
  const first = a[0] as ImageScores;
  const other = [...a, ...b].find(({ images }) => String(images) !== String(first.images));
  if (other !== undefined) {
    throw new UsageError(
      "Two runs of one task were tested on other images: did the data change in between? Start anew with another --out.",
    );
  }
  return pairedBootstrap(first.images.length, meanScore(a), meanScore(b), {
    ...{ random: createRandom("benchmark"), patients: first.patients, resamples: RESAMPLES },
  });
}

/** The mean score of an init, each image's averaged over its runs, with its interval by test patients. */
export function measureImageScores(runs: readonly ImageScores[]): Measured {
  const { patients } = runs[0] as ImageScores;
  return measured(meanScore(runs), patients, createRandom("benchmark"));
}

function meanScore(runs: readonly ImageScores[]): ImageMetric {
  const scores = (runs[0] as ImageScores).images.map(
    (_, i) => runs.reduce((sum, run) => sum + (run.scores[i] as number), 0) / runs.length,
  );
  return (images) => images.reduce((sum, i) => sum + (scores[i] as number), 0) / images.length;
}
