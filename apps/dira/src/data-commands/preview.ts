import { dirname } from "node:path";
import { cropNearest, type Raster } from "@dira/augmentations";
import {
  type BatchView,
  cacheSide,
  type ImageSet,
  makeBatch,
  makeFolder,
  type ModuleCall,
  type Scan,
} from "@dira/data";
import { UsageError } from "../usage-error.ts";
import { type Tile, writeContactSheet } from "./contact-sheet.ts";
import { openPhantoms, openSet, type SetOptions } from "./open-set.ts";

/** Options of {@link preview}. */
export interface PreviewOptions extends SetOptions {
  /** Kind of the phantoms that are shown without a folder. */
  readonly phantoms: string;
  /** Name of a pipeline of `@dira/augmentations`. */
  readonly pipeline: string;
  /** Its options, as JSON. */
  readonly options: string;
  readonly count: number;
  readonly size: number;
  readonly seed: number;
  readonly out: string;
}

/**
 * Writes what a pipeline makes of some images: a row each, with the original, the target where there is
 * one, and the views; masks are laid over in colour. Of volumes the middle slice is shown.
 */
export async function preview(folder: string | undefined, given: PreviewOptions): Promise<void> {
  const { count, size, seed, out } = given;
  const own = optionsOf(given.options);
  makeFolder(dirname(out));
  const set =
    folder === undefined ? openPhantoms(given.phantoms, count, seed) : openSet(folder, given);
  const rows: Tile[][] = [];
  let columns: string[] = [];
  const shown = Math.min(count, set.length);
  for (let row = 0; row < shown; row += 1) {
    const index = Math.floor((row * set.length) / shown);
    const image = await set.read(index, cacheSide(size));
    const mask = await maskOf(set, index, image);
    const batch = await makeBatch({
      images: [image],
      indices: [index],
      ...(mask === undefined ? {} : { masks: [mask] }),
      seed,
      epoch: 0,
      pipeline: pipelineOf(given, own, set.spatialRank, image),
    });
    const target = batch.target === undefined ? [] : [tileOf(batch.target)];
    columns = [...target.map(() => "target"), `${batch.views.length} views`];
    rows.push([
      { image, ...(mask === undefined ? {} : { mask: mask.data }) },
      ...target,
      ...batch.views.map(tileOf),
    ]);
    console.log(`row ${row + 1}: ${set.id(index)}`);
  }
  await writeContactSheet(out, rows, size);
  console.log(`columns: original, ${columns.join(", ")}`);
  console.log(`written: ${out}`);
}

async function maskOf(
  set: ImageSet,
  index: number,
  { shape }: Scan,
): Promise<Raster<Uint8Array> | undefined> {
  const mask = await set.mask?.(index);
  if (mask === undefined || String(mask.shape) === String(shape)) return mask;
  return cropNearest(mask, [...mask.shape.map(() => 0), ...mask.shape], shape);
}

/** Pipelines that take cached pixels; all others are transforms of samples. */
const OF_PIXELS = /Views$/;

/** Of the others, those that have a size of their own. */
const SIZED = /^(classification|segmentation)|[cC]rop|^resize$/;

/** Values of CT that become 0 and 1, as Models Genesis and TransVW have them. */
const CT_WINDOW: readonly [number, number] = [-1000, 1000];

function pipelineOf(
  { pipeline, size }: PreviewOptions,
  options: Readonly<Record<string, unknown>>,
  rank: 2 | 3,
  { data, shape }: Scan,
): ModuleCall {
  if (OF_PIXELS.test(pipeline)) return { name: pipeline, args: [{ size, ...options }] };
  const own = SIZED.test(pipeline) ? { size, ...options } : options;
  const patch = { size: shape.map((side, axis) => Math.min(side, axis === 0 ? size / 2 : size)) };
  const first = {
    ...(rank === 3 && { patch: { ...patch, by: "body" } }),
    ...(data instanceof Int16Array && { window: CT_WINDOW }),
  };
  return {
    module: "@dira/data",
    name: "samplePipeline",
    args: [{ name: pipeline, args: [own] }, first],
  };
}

function tileOf({ data, shape, mask }: BatchView): Tile {
  const image = { data, shape: shape.slice(1, -1) };
  return { image, ...(mask === undefined ? {} : { mask }) };
}

function optionsOf(text: string): Record<string, unknown> {
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch {
    throw new UsageError(`--options: expected JSON, got \`${text}\`.`);
  }
  if (typeof options === "object" && options !== null && !Array.isArray(options)) {
    return options as Record<string, unknown>;
  }
  throw new UsageError(`--options: expected an object, as {"size": 64}, got \`${text}\`.`);
}
