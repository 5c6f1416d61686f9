import { binsOf, binsRule, rangeOf, rangeRule } from "./histogram.ts";
import { above, checked, integer } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Raster, type Transform, ownTransformOf } from "./sample.ts";

/** Options of {@link clahe}. */
export interface ClaheOptions {
  /** How far a bin may rise above an even histogram, as a factor. @defaultValue 4 (albumentations) */
  readonly clipLimit?: number;
  /** Tiles along height and along width. @defaultValue 8 (OpenCV) */
  readonly tiles?: number;
  /** From 2 to 65536. @defaultValue 256 */
  readonly bins?: number;
  /** What the first and last bin end at; or the image's own extremes. @defaultValue [0, 1] */
  readonly range?: readonly [number, number] | "image";
}

type Clahe = {
  readonly clipLimit: number;
  readonly tiles: number;
  readonly bins: number;
  readonly range: readonly number[];
};

/** {@link clahe} as a replayable operation. */
export function claheOperation(options: ClaheOptions = {}): Operation<Clahe> {
  const {
    clipLimit = 4,
    tiles = 8,
    bins = 256,
    range = [0, 1],
  } = checked("clahe", options, {
    clipLimit: above(0),
    tiles: integer(1),
    bins: binsRule,
    range: rangeRule,
  });
  return {
    name: "clahe",
    draw: () => ({ clipLimit, tiles, bins, range: range === "image" ? [] : range }),
    apply: (sample, drawn) => withData(sample, equalized(sample.image, drawn)),
  };
}

function equalized({ data, shape }: Raster, clahe: Clahe): Float32Array {
  const [height, width] = shape.slice(-2) as [number, number];
  const [low, high] = rangeOf("clahe", data, clahe.range);
  const index = binsOf(data, clahe.bins, low, high);
  const out = new Float32Array(data.length);
  const [down, across] = [placesOf(height, clahe.tiles), placesOf(width, clahe.tiles)];
  for (let plane = 0; plane < data.length; plane += height * width) {
    const tables = tablesOf(index, plane, height, width, clahe);
    const columns = across.count;
    for (let y = 0, i = plane; y < height; y += 1) {
      const [top, fy] = [down.first[y] as number, down.share[y] as number];
      const below = Math.min(down.count - 1, top + 1);
      for (let x = 0; x < width; x += 1, i += 1) {
        const [left, fx] = [across.first[x] as number, across.share[x] as number];
        const right = Math.min(columns - 1, left + 1);
        const bin = index[i] as number;
        const at = (row: number, column: number): number =>
          tables[(row * columns + column) * clahe.bins + bin] as number;
        const upper = at(top, left) + fx * (at(top, right) - at(top, left));
        const lower = at(below, left) + fx * (at(below, right) - at(below, left));
        out[i] = low + (high - low) * (upper + fy * (lower - upper));
      }
    }
  }
  return out;
}

/** Per pixel of an axis, the tile whose centre lies before it and how far it is to the next. */
function placesOf(
  side: number,
  tiles: number,
): { readonly count: number; readonly first: Int32Array; readonly share: Float64Array } {
  const count = Math.min(side, tiles);
  const first = new Int32Array(side);
  const share = new Float64Array(side);
  for (let i = 0; i < side; i += 1) {
    const place = Math.min(count - 1, Math.max(0, ((i + 0.5) * count) / side - 0.5));
    first[i] = Math.floor(place);
    share[i] = place - Math.floor(place);
  }
  return { count, first, share };
}

/** The cumulative histogram of each tile, its peaks cut and what was cut spread over all bins. */
function tablesOf(
  index: Uint16Array,
  plane: number,
  height: number,
  width: number,
  { bins, tiles, clipLimit }: Clahe,
): Float32Array {
  const [rows, columns] = [Math.min(height, tiles), Math.min(width, tiles)];
  const tables = new Float32Array(rows * columns * bins);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor((y * rows) / height);
    for (let x = 0; x < width; x += 1) {
      const tile = row * columns + Math.floor((x * columns) / width);
      const at = tile * bins + (index[plane + y * width + x] as number);
      tables[at] = (tables[at] as number) + 1;
    }
  }
  for (let from = 0; from < tables.length; from += bins) {
    const table = tables.subarray(from, from + bins);
    const count = table.reduce((a, b) => a + b, 0);
    const limit = Math.max(1, (clipLimit * count) / bins);
    const excess = table.reduce((sum, v) => sum + Math.max(0, v - limit), 0) / bins;
    let sum = 0;
    for (let b = 0; b < bins; b += 1) {
      sum += Math.min(limit, table[b] as number) + excess;
      table[b] = Math.min(1, sum / count);
    }
  }
  return tables;
}

/**
 * Contrast-limited adaptive histogram equalisation, bilinear between tiles, slice by slice in volumes.
 * OpenCV's `createCLAHE`, but that sides need not divide by the tiles, nothing is rounded, and tables count
 * for the centres of their tiles, not half a pixel beside them.
 *
 * @see Zuiderveld 1994, "Contrast limited adaptive histogram equalization", Graphics Gems IV
 */
export function clahe(options: ClaheOptions = {}): Transform {
  return ownTransformOf(claheOperation(options));
}
