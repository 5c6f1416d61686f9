import { join } from "node:path";
import {
  type BatchMaker,
  type BatchView,
  type ImageCache,
  makeFolder,
  type Place,
  writeNifti,
} from "@dira/data";
import type { DiraStep } from "@dira/dira";
import * as tf from "@tensorflow/tfjs";
import { type Config, sidesOf, type Stage } from "../config/index.ts";
import { disposeOfBatch, heldOutBatches, toTensors } from "./batches.ts";
import { type Tile, tileOf, writeGrid } from "./grid.ts";
import { orthogonalSlices } from "./slices.ts";

/** Images in a grid; of volumes, each three slices wide. */
const IMAGES = 8;
const VOLUMES = 4;
/** Slices of cubes are small. */
const VOLUME_ZOOM = 2;

/** Held-out images as they were given, made and wanted. */
export interface Restorations {
  readonly rows: Readonly<Record<"distorted" | "restored" | "target", Float32Array>>;
  readonly places: readonly Place[] | undefined;
  /** Of each image. */
  readonly sides: readonly number[];
}

/**
 * Writes a grid of held-out images, rows distorted, restored, target: whole images, or of volumes the middle slices,
 * axial, coronal, sagittal.
 */
export async function writePictures(
  path: string,
  { rows: shown, sides }: Restorations,
): Promise<void> {
  const rows = Object.values(shown).map((row) => imagesIn(row, sides).flatMap(tilesOf(sides)));
  await writeGrid(path, rows, sides.length === 3 ? VOLUME_ZOOM : 1);
}

/**
 * Writes the cubes of {@link writePictures} as NIfTI, where they were cut from: `0-distorted.nii.gz`,
 * `0-restored.nii.gz`, `0-target.nii.gz` and so on. They lie over the scan they are of in any viewer.
 */
export async function writeCubes(
  folder: string,
  { rows, places, sides: shape }: Restorations,
): Promise<void> {
  makeFolder(folder);
  for (const [kind, row] of Object.entries(rows)) {
    for (const [i, data] of imagesIn(row, shape).entries()) {
      const scan = { data, shape, ...(places?.[i] ?? { spacing: [1, 1, 1] }) };
      await writeNifti(join(folder, `${i}-${kind}.nii.gz`), scan);
    }
  }
}

/** Restores some held-out images from all over the set. */
export async function restorations(
  config: Config,
  stage: Stage,
  step: DiraStep,
  cache: ImageCache,
  maker: BatchMaker,
): Promise<Restorations> {
  const count = config.spatialRank === 3 ? VOLUMES : IMAGES;
  const some = { ...cache, usable: spread(cache.usable, count) };
  const options = { batchSize: count, repeats: Math.ceil(count / some.usable.length) };
  for await (const batch of heldOutBatches(config, stage, some, maker, options)) {
    const tensors = toTensors(batch);
    const output = tf.tidy(() => step.restore(tensors.views[0] as tf.Tensor));
    const restored = (await output.data()) as Float32Array;
    output.dispose();
    disposeOfBatch(tensors);
    const [view, target] = [batch.views[0], batch.target] as [BatchView, BatchView];
    const rows = { distorted: view.data, restored, target: target.data };
    return { rows, places: target.places, sides: sidesOf(config) };
  }
  throw new Error("There are no held-out images.");
}

/** At most so many of a list, evenly. */
function spread(list: readonly number[], count: number): readonly number[] {
  if (list.length <= count) return list;
  return Array.from(
    { length: count },
    (_, i) => list[Math.floor((i * list.length) / count)] as number,
  );
}

function imagesIn(row: Float32Array, sides: readonly number[]): Float32Array[] {
  const size = sides.reduce((a, b) => a * b, 1);
  return Array.from({ length: row.length / size }, (_, i) =>
    row.subarray(i * size, (i + 1) * size),
  );
}

function tilesOf(sides: readonly number[]): (image: Float32Array) => readonly Tile[] {
  if (sides.length === 2) return (image) => [tileOf(image, sides as [number, number])];
  return (volume) => orthogonalSlices(volume, sides as [number, number, number]);
}
