import type { Pixels } from "@dira/augmentations";
import { ImageError } from "../image.ts";
import { emptyLike, sharedBytes } from "./shared-memory.ts";

/**
 * Puts slices on top of each other, reading one at a time. Slices of one type keep it; where they differ
 * (each with a scale of its own, say), all become floats.
 */
export async function stackSlices(
  path: string,
  count: number,
  read: (index: number) => Promise<Pixels>,
): Promise<Pixels> {
  const first = await read(0);
  const { length } = first;
  let out = emptyLike(path, first, length * count);
  out.set(first);
  for (let i = 1; i < count; i += 1) {
    const slice = await read(i);
    if (slice.length !== length) {
      throw new ImageError(`${path}: slice ${i} has ${slice.length} pixels, the first ${length}.`);
    }
    if (slice.constructor !== out.constructor && !(out instanceof Float32Array)) {
      const floats = new Float32Array(sharedBytes(path, length * count * 4).buffer);
      floats.set(out.subarray(0, i * length));
      out = floats;
    }
    out.set(slice, i * length);
  }
  return out;
}
