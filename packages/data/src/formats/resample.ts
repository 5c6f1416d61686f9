import type { Pixels, Raster } from "@dira/augmentations";
import { indexToWorld } from "./geometry.ts";
import { emptyLike } from "./shared-memory.ts";

/** Options of {@link resampleTo}. */
export interface ResampleOptions {
  /** `"labels"` takes the nearest pixel's value, so that no new label arises. @defaultValue "image" */
  readonly kind?: "image" | "labels";
  /**
   * Widens the linear filter with the step where pixels become fewer, so that none is passed over, as
   * PIL does. ITK and MONAI do not.
   *
   * @defaultValue false
   */
  readonly antialias?: boolean;
}

/** Which inputs make an output along one axis. */
interface Taps {
  readonly width: number;
  readonly start: Int32Array;
  /** `[outputs, width]`; each row adds up to 1. */
  readonly weights: Float64Array;
}

/**
 * Resamples to another spacing, one axis after the other, linearly as ITK and MONAI (`Spacing`), or to the
 * nearest pixel for labels.
 *
 * Sides become `max(1, round(side · spacing / wanted))`; the field of view stays in place: the outer edges
 * of the first pixels coincide, so output `o` lies at input `(o + ½) · wanted / spacing − ½` (PyTorch's
 * `align_corners=False`), and the origin moves accordingly. The spacing is exactly the one wanted; the far
 * edge may move by half a pixel. Beyond the outermost centres, values stay. Whole-number types keep their
 * type, rounded.
 *
 * @param spacing - in mm, per axis of the shape; one number for all.
 * @throws RangeError when the scan has no spacing, or the one wanted is not above 0.
 */
export function resampleTo<Data extends Pixels>(
  scan: Raster<Data>,
  spacing: number | readonly number[],
  options: ResampleOptions = {},
): Raster<Data> {
  const even = resampledFloats(scan, spacing, options);
  return { ...even, data: typed(scan.data, even.data) };
}

/** {@link resampleTo} before rounding; the scan's own pixels where none changes. */
export function resampledFloats(
  scan: Raster<Pixels>,
  spacing: number | readonly number[],
  options: ResampleOptions = {},
): Raster<Pixels> {
  const { shape } = scan;
  const wanted = shape.map((_, axis) => (typeof spacing === "number" ? spacing : spacing[axis]));
  const steps = wanted.map((mm, axis) => (mm ?? NaN) / (scan.spacing?.[axis] ?? NaN));
  if (!steps.every((step) => step > 0 && Number.isFinite(step))) {
    throw new RangeError(
      `resampleTo: expected spacings above 0 along ${shape.length} axes, the scan has ${scan.spacing?.join(", ") ?? "none"} and wanted is ${wanted.join(", ")}.`,
    );
  }
  const sides = shape.map((side, axis) => Math.max(1, Math.round(side / (steps[axis] as number))));
  const taps = shape.map((side, axis) =>
    tapsOf(side, sides[axis] as number, steps[axis] as number, options),
  );
  // The first output's centre, in inputs.
  const first = steps.map((step) => step / 2 - 0.5);
  return {
    data: resampleAll(scan, sides, taps, steps),
    shape: sides,
    spacing: wanted as number[],
    origin: indexToWorld(scan, first),
    ...(scan.direction && { direction: scan.direction }),
  };
}

function tapsOf(inputs: number, outputs: number, step: number, options: ResampleOptions): Taps {
  const { kind = "image", antialias = false } = options;
  const support = kind === "image" && antialias ? Math.max(1, step) : 1;
  const width = kind === "labels" ? 1 : Math.min(inputs, Math.ceil(2 * support) + 1);
  const start = new Int32Array(outputs);
  const weights = new Float64Array(outputs * width);
  for (let o = 0; o < outputs; o += 1) {
    // Clamped to the outermost centres.
    const at = Math.max(0, Math.min(inputs - 1, (o + 0.5) * step - 0.5));
    if (kind === "labels") {
      start[o] = Math.min(inputs - 1, Math.round(at));
      weights[o] = 1;
      continue;
    }
    const from = Math.max(0, Math.min(Math.floor(at - support) + 1, inputs - width));
    start[o] = from;
    const shares = Array.from({ length: width }, (_, k) =>
      Math.max(0, 1 - Math.abs(from + k - at) / support),
    );
    const total = shares.reduce((sum, share) => sum + share, 0);
    shares.forEach((share, k) => {
      weights[o * width + k] = share / total;
    });
  }
  return { width, start, weights };
}

/** Axes that shrink most go first, so that the least is computed. */
function resampleAll(
  { data, shape }: Raster<Pixels>,
  sides: readonly number[],
  taps: readonly Taps[],
  steps: readonly number[],
): Pixels {
  const axes = steps
    .map((_, axis) => axis)
    .sort((a, b) => (steps[b] as number) - (steps[a] as number));
  const now = [...shape];
  let pixels: Pixels = data;
  for (const axis of axes) {
    if (steps[axis] === 1) continue;
    pixels = resampleAxis(pixels, now, axis, sides[axis] as number, taps[axis] as Taps);
    now[axis] = sides[axis] as number;
  }
  return pixels;
}

/** `[outer, n, inner]` → `[outer, outputs, inner]`. */
function resampleAxis(
  data: Pixels,
  shape: readonly number[],
  axis: number,
  outputs: number,
  { width, start, weights }: Taps,
): Float32Array {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const n = shape[axis] as number;
  const out = new Float32Array(outer * outputs * inner);
  for (let block = 0, to = 0; block < outer; block += 1) {
    for (let o = 0; o < outputs; o += 1) {
      const from = (block * n + (start[o] as number)) * inner;
      for (let i = 0; i < inner; i += 1, to += 1) {
        let sum = 0;
        for (let k = 0; k < width; k += 1) {
          const weight = weights[o * width + k] as number;
          // Weight 0 counts for nothing, also where there is no number.
          if (weight !== 0) sum += weight * (data[from + k * inner + i] as number);
        }
        out[to] = sum;
      }
    }
  }
  return out;
}

/** In shared memory, of the type it had. */
function typed<Data extends Pixels>(like: Data, values: Pixels): Data {
  const out = emptyLike("resampleTo", like, values.length);
  if (out instanceof Float32Array) out.set(values);
  else for (let i = 0; i < out.length; i += 1) out[i] = Math.round(values[i] as number);
  return out;
}
