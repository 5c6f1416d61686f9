import { cropResize } from "@dira/augmentations";
import type { Scan } from "../image.ts";

/**
 * What is fine in a scan: shrunk to 64 × 64 (a volume to 16 × 32 × 32), each pixel less the mean of the
 * 3 × 3 (× 3) around it. All chests look alike from afar; copies of one image agree in this as well.
 */
export function detailOf(scan: Scan): Float32Array {
  const { shape } = scan;
  const size = shape.length === 2 ? [64, 64] : [16, 32, 32];
  const { data } = cropResize(scan, [...shape.map(() => 0), ...shape], size);
  const smooth = size.reduce((done, side, axis) => {
    const stride = size.slice(axis + 1).reduce((a, b) => a * b, 1);
    return meanOfThree(done, side, stride);
  }, data);
  return data.map((value, i) => value - (smooth[i] as number));
}

/** The mean of each pixel and its two neighbours along an axis; the border's values go on beyond it. */
function meanOfThree(data: Float32Array, side: number, stride: number): Float32Array {
  return data.map((value, i) => {
    const at = Math.floor(i / stride) % side;
    const before = at === 0 ? value : (data[i - stride] as number);
    const after = at === side - 1 ? value : (data[i + stride] as number);
    return (before + value + after) / 3;
  });
}

/** Pearson's correlation; 0 where one of the two does not vary. */
export function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [(a[i] as number) - meanA, (b[i] as number) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
