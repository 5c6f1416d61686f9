import { takeBuffer } from "./buffers.ts";
import { type IndexMap, movedBoxes, movedGeometry } from "./geometry.ts";
import type { Pixels, Raster, Sample } from "./sample.ts";

/** How the pixels of a raster are moved; geometry is added by {@link moved}. */
export interface Movers {
  readonly size: readonly number[];
  /** Intensities. */
  image(data: Float32Array, shape: readonly number[]): Float32Array;
  /** Labels: each result takes one pixel's, so that no new label arises (bar 0, beyond the border). */
  labels(data: Uint8Array, shape: readonly number[]): Uint8Array;
}

/** Moves all that a sample holds: image, mask, what was in-painted, boxes, and their place in the world. */
export function moved(sample: Sample, map: IndexMap, movers: Movers): Sample {
  const { image, mask, inpainted, boxes } = sample;
  const { size } = movers;
  const placed = <Data extends Pixels>(raster: Raster, data: Data): Raster<Data> => ({
    data,
    shape: [...size],
    ...movedGeometry(raster, map),
  });
  return {
    ...sample,
    image: placed(image, movers.image(image.data, image.shape)),
    ...(mask && {
      mask: {
        data: movers.labels(mask.data, mask.shape),
        shape: [...size],
        ...movedGeometry(mask, map),
      },
    }),
    ...(inpainted && { inpainted: movers.labels(inpainted, image.shape) }),
    ...(boxes && { boxes: movedBoxes(boxes, map, size) }),
  };
}

/**
 * Picks pixels: result `[o…]` is `data[Σ_axis offsets[axis][o]]`, or `value` where an offset is below 0.
 * Crops, padding, flips and turns are all of this form.
 */
export function gathered<Data extends Pixels>(
  data: Data,
  offsets: readonly Int32Array[],
  value: number,
): Data {
  const [across, down] = [offsets.at(-1) as Int32Array, offsets.at(-2) as Int32Array];
  const into = offsets.length === 3 ? (offsets[0] as Int32Array) : new Int32Array(1);
  const width = across.length;
  const length = into.length * down.length * width;
  const out = emptyLike(data, length);
  let to = 0;
  for (const z of into) {
    for (const y of down) {
      if (z < 0 || y < 0) {
        out.fill(value, to, to + width);
      } else {
        gatherLine(out, to, data, z + y, across, value);
      }
      to += width;
    }
  }
  return out;
}

/** An array of the same kind, to be filled. */
function emptyLike<Data extends Pixels>(data: Data, length: number): Data {
  if (data instanceof Float32Array) return takeBuffer(length) as Data;
  return new (data.constructor as new (length: number) => Data)(length);
}

function gatherLine(
  out: Pixels,
  to: number,
  data: Pixels,
  from: number,
  across: Int32Array,
  value: number,
): void {
  for (let x = 0; x < across.length; x += 1) {
    const offset = across[x] as number;
    out[to + x] = offset < 0 ? value : (data[from + offset] as number);
  }
}

/** Distance in memory between neighbours along each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
}
