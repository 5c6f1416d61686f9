import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { batchMaker, cacheImages, type ImageCache, makeFolder } from "@dira/data";
import { type EngineName, type EngineReport, startEngine } from "@dira/engine";
import { checkEngine } from "@dira/tensor";
import { writeAtomically } from "@dira/training/node";
import { csvOf } from "../csv.ts";
import { fileNamer } from "../file-names.ts";
import { progress } from "../data-commands/progress.ts";
import { type FinetuneConfig, sidesOf } from "../finetuning/config.ts";
import { checkpointNamed } from "../finetuning/evaluate-finetuned.ts";
import { openFinetunedRun, readFinetunedRun } from "../finetuning/finetuned-run.ts";
import { preparationOf } from "../finetuning/open-task-data.ts";
import { predictions, type Predictor } from "../finetuning/predict.ts";
import { provenance } from "../pretraining/provenance.ts";
import { UsageError } from "../usage-error.ts";
import { writeMask } from "./mask-files.ts";
import { openFolder } from "./open-folder.ts";

/** Options of {@link predictFolder}. */
export interface PredictOptions {
  /** A run of `dira finetune`. */
  readonly run: string;
  readonly data: string;
  readonly out: string;
  readonly kind?: string | undefined;
  /** Which weights: best or last. */
  readonly checkpoint: string;
  readonly overlap?: number | undefined;
  /** Share of the images that may be unreadable. */
  readonly maxUnreadable: number;
  readonly engine: EngineName | "auto";
  readonly workers: number;
}

/**
 * Tells labels or masks of all images of a folder: `predictions.csv`; or `masks/`, `overlays/` and `masks.csv`. What was read
 * and what could not be is in `predict.json`.
 *
 * @throws UsageError when the run, the folder or the options do not fit; DataError for too many unreadable images; Error when
 *   a prediction is no number.
 */
export async function predictFolder(options: PredictOptions): Promise<void> {
  const { run, data, out, maxUnreadable } = options;
  const { config: trained, names } = readFinetunedRun(run);
  const checkpoint = checkpointNamed(options.checkpoint);
  const config = withOverlap(trained, options.overlap);
  const set = openFolder(data, config, options.kind);
  checkNew(out);
  const engine = await startEngine(options.engine, { check: checkEngine });
  console.log(`engine: ${engine.name} (${engine.reason})`);
  const maker = batchMaker(options.workers);
  try {
    const cache = await cacheImages(set, { ...preparationOf(config), maxUnreadable, maker });
    const unreadable = cache.warnings.slice(set.warnings?.length ?? 0);
    for (const warning of cache.warnings) console.warn(`warning: ${warning}`);
    if (unreadable.length > 0) {
      console.warn(
        `warning: ${unreadable.length} of ${set.length} images are left out: unreadable`,
      );
    }
    await warnOfLarger(config, cache);
    const { network, encoder } = openFinetunedRun(run, checkpoint);
    makeFolder(out);
    const predictor = { config, network, channels: encoder.inChannels, maker };
    const table = config.target.kind === "labels" ? "predictions.csv" : "masks.csv";
    const rows =
      config.target.kind === "labels"
        ? await labelRows(predictor, names, cache)
        : await maskRows(predictor, names, cache, out);
    writeAtomically(join(out, table), csvOf(rows));
    note(options, engine, { names, images: cache.usable.length, unreadable });
    console.log(
      `${cache.usable.length} images of ${set.name}: ${names.join(", ")}, in ${join(out, table)}`,
    );
  } finally {
    await maker.close();
  }
}

function withOverlap(config: FinetuneConfig, overlap: number | undefined): FinetuneConfig {
  if (overlap === undefined) return config;
  if (overlap < 1) return { ...config, overlap };
  throw new UsageError("--overlap: expected a share below 1, got 1.");
}

function checkNew(out: string): void {
  const isFolder = statSync(out, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder || readdirSync(out).length === 0) return;
  throw new UsageError(`--out: ${out} holds files already. Name a new folder.`);
}

/** Labels are told of what the network takes at a time. */
async function warnOfLarger(config: FinetuneConfig, cache: ImageCache): Promise<void> {
  if (config.spatialRank === 2 || config.target.kind === "masks") return;
  const sides = sidesOf(config);
  let count = 0;
  for (const index of cache.usable) {
    const { shape } = await cache.get(index);
    count += Number(shape.some((side, axis) => side > (sides[axis] as number)));
  }
  if (count === 0) return;
  console.warn(
    `warning: ${count} of ${cache.usable.length} volumes are larger than what the network takes, ${sides.join(" × ")}: labels are those of their middle`,
  );
}

type Rows = (string | number | undefined)[][];

async function labelRows(
  predictor: Predictor,
  names: readonly string[],
  cache: ImageCache,
): Promise<Rows> {
  const rows: Rows = [["image", ...names]];
  for await (const { image, probabilities } of predictions(predictor, cache)) {
    rows.push([cache.set.id(image), ...probabilities]);
  }
  return rows;
}

async function maskRows(
  predictor: Predictor,
  names: readonly string[],
  cache: ImageCache,
  out: string,
): Promise<Rows> {
  const { set, usable } = cache;
  const fileOf = fileNamer();
  const rows: Rows = [["image", "mask", "structure", "value", "pixels", "size", "unit"]];
  const shown = progress("predicted");
  let done = 0;
  for await (const prediction of predictions(predictor, cache)) {
    const id = set.id(prediction.image);
    const { file, structures } = await writeMask(out, fileOf(id), prediction, cache);
    structures.forEach(({ pixels, size, unit }, k) => {
      rows.push([id, file, names[k], k + 1, pixels, size, unit]);
    });
    shown.update((done += 1), usable.length);
  }
  shown.stop();
  return rows;
}

interface Read {
  readonly names: readonly string[];
  readonly images: number;
  readonly unreadable: readonly string[];
}

function note(
  { run, checkpoint, data, out }: PredictOptions,
  engine: EngineReport,
  { names, ...read }: Read,
): void {
  const told = { provenance: provenance(engine), run, checkpoint, data, outputs: names, ...read };
  writeAtomically(join(out, "predict.json"), `${JSON.stringify(told, null, 2)}\n`);
}
