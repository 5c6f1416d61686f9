import * as tf from "@tensorflow/tfjs";
import { gatherAxis } from "./axis-maps.ts";
import { ShapeError } from "./errors.ts";
import { perAxis, type PerAxis, spatialRankOf } from "./spatial.ts";

/** What lies beyond the border: zeros, the nearest value, or the inside mirrored about the border's value. */
export type PadMode = "zeros" | "edge" | "reflect";

/**
 * Adds a border before *and* after each spatial axis, as `torch.nn.functional.pad` with `constant` (0),
 * `replicate` and `reflect`. Differentiable to any order. (The gradient of TensorFlow.js's own
 * reflecting `mirrorPad` is wrong.)
 *
 * @param x - `[N, …, C]`.
 * @param padding - positions added, per spatial axis.
 * @param mode - @defaultValue "zeros"
 * @returns `[N, … + 2·padding, C]`.
 * @throws ShapeError when `reflect` would need more than the input has (padding < size).
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad<T extends tf.Tensor>(x: T, padding: PerAxis, mode: PadMode = "zeros"): T {
  const rank = spatialRankOf(x, "pad");
  const borders = perAxis(padding, rank, "pad: padding");
  if (borders.every((p) => p === 0)) return tf.clone(x) as T;
  if (mode === "zeros") {
    return tf.pad(x, [[0, 0], ...borders.map((p): [number, number] => [p, p]), [0, 0]]);
  }
  return tf.tidy(() =>
    borders.reduce<tf.Tensor>((y, border, index) => {
      if (border === 0) return y;
      const size = x.shape[index + 1] ?? 0;
      if (mode === "reflect" && border >= size) {
        throw new ShapeError(
          `pad: reflecting needs a padding below the size, got ${border} for a size of ${size} along spatial axis ${index}. Use "edge" or a larger input.`,
          `at least ${border + 1}`,
          x.shape,
        );
      }
      const source = mode === "edge" ? nearestInside : mirroredInside;
      const indices = Array.from({ length: size + 2 * border }, (_, o) => source(o - border, size));
      return gatherAxis(y, index + 1, indices);
    }, x),
  ) as T;
}

function nearestInside(i: number, size: number): number {
  return Math.min(Math.max(i, 0), size - 1);
}

function mirroredInside(i: number, size: number): number {
  return size - 1 - Math.abs(size - 1 - Math.abs(i));
}
