import {
  phantomChestXrays,
  openDataSet,
  type BatchView,
  cacheSide,
  makeBatch,
  type Scan,
} from "@dira/data";
import { UsageError } from "../config.ts";
import { type Tile, writeContactSheet } from "./contact-sheet.ts";

/** Options of {@link preview}. */
export interface PreviewOptions {
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
  const { pipeline, count, size, seed, out } = given;
  const set = folder === undefined ? phantomChestXrays({ count, seed }) : openDataSet(folder);
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
      pipeline: { name: pipeline, args: [{ size, ...optionsOf(given.options) }] },
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

type SetOfImages = ReturnType<typeof openDataSet>;

async function maskOf(
  set: SetOfImages,
  index: number,
  { shape }: Scan,
): Promise<Awaited<ReturnType<NonNullable<SetOfImages["mask"]>>>> {
  const mask = await set.mask?.(index);
  return mask !== undefined && String(mask.shape) === String(shape) ? mask : undefined;
}

function tileOf({ data, shape, mask }: BatchView): Tile {
  const image = { data, shape: shape.slice(1, -1) };
  return { image, ...(mask === undefined ? {} : { mask }) };
}

function optionsOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new UsageError(`--options: expected JSON, got \`${text}\`.`);
  }
}
