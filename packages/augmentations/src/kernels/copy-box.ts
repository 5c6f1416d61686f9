import { maxValueOf, type Pixels } from "../sample.ts";
import type { Sides } from "./kernels.ts";

/** Copies the pixels of a box as floats, unsigned ones as shares of the largest. */
export function copyBox(
  out: Float32Array,
  source: Pixels,
  [, rows, columns]: Sides,
  start: Sides,
  [depth, height, width]: Sides,
): void {
  const scale = 1 / maxValueOf(source);
  for (let line = 0, to = 0; line < depth * height; line += 1, to += width) {
    const [z, y] = [start[0] + Math.floor(line / height), start[1] + (line % height)];
    const from = (z * rows + y) * columns + start[2];
    if (source instanceof Float32Array) {
      out.set(source.subarray(from, from + width), to);
    } else {
      for (let x = 0; x < width; x += 1) out[to + x] = (source[from + x] as number) * scale;
    }
  }
}
