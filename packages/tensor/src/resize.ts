import * as tf from "@tensorflow/tfjs";
import { type AxisMap, gatherAxis, mixAxis } from "./axis-maps.ts";
import { DiraError } from "./errors.ts";
import { perAxis, type PerAxis, spatialRankOf } from "./spatial.ts";

/**
 * Nearest-neighbour resizing to any size, as `torch.nn.functional.interpolate(mode="nearest")`:
 * `y[n, o, c] = x[n, ⌊o · in / out⌋, c]`, the scale in float32 as there. Differentiable to any order.
 *
 * @param x - `[N, …, C]`.
 * @param size - new size, per spatial axis.
 * @returns `[N, size, C]`.
 * @throws DiraError when a size is no whole number above 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export function resizeNearest<T extends tf.Tensor>(x: T, size: PerAxis): T {
  return resizeAxes(x, size, "resizeNearest", (y, axis, inputs, outputs) => {
    const scale = Math.fround(inputs / outputs);
    const source = (o: number): number => Math.min(Math.floor(Math.fround(o * scale)), inputs - 1);
    return gatherAxis(
      y,
      axis,
      Array.from({ length: outputs }, (_, o) => source(o)),
    );
  });
}

/**
 * Linear resizing to any size, as `torch.nn.functional.interpolate(mode="bilinear"` or `"trilinear",
 * align_corners=False)`: position o takes the inputs around `(o + ½) · in / out − ½`, kept inside, by
 * their distance. No low-pass filter when shrinking, as there. Differentiable to any order.
 * (TensorFlow.js's own gradient is wrong here, and it has no trilinear resizing.)
 *
 * @param x - `[N, …, C]`.
 * @param size - new size, per spatial axis.
 * @returns `[N, size, C]`.
 * @throws DiraError when a size is no whole number above 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export function resizeLinear<T extends tf.Tensor>(x: T, size: PerAxis): T {
  return resizeAxes(x, size, "resizeLinear", (y, axis, inputs, outputs) =>
    mixAxis(y, axis, linearMap(inputs, outputs)),
  );
}

type ResizeAxis = (y: tf.Tensor, axis: number, inputs: number, outputs: number) => tf.Tensor;

function resizeAxes<T extends tf.Tensor>(x: T, size: PerAxis, where: string, f: ResizeAxis): T {
  const sizes = perAxis(size, spatialRankOf(x, where), `${where}: size`);
  if (!sizes.every((s) => Number.isInteger(s) && s > 0)) {
    throw new DiraError(
      `${where}: sizes must be whole numbers above 0, got [${sizes.join(", ")}]. Round them first.`,
    );
  }
  return tf.tidy(() =>
    sizes.reduce<tf.Tensor>((y, outputs, index) => {
      const inputs = y.shape[index + 1] ?? 0;
      return inputs === outputs ? y : f(y, index + 1, inputs, outputs);
    }, tf.clone(x)),
  ) as T;
}

function linearMap(inputs: number, outputs: number): AxisMap {
  const weights = new Float32Array(outputs * inputs);
  for (let o = 0; o < outputs; o += 1) {
    const position = Math.max(((o + 0.5) * inputs) / outputs - 0.5, 0);
    const lower = Math.min(Math.floor(position), inputs - 1);
    const upper = Math.min(lower + 1, inputs - 1);
    const part = position - lower;
    weights[o * inputs + lower] = 1 - part;
    weights[o * inputs + upper] = (weights[o * inputs + upper] ?? 0) + part;
  }
  return { outputs, inputs, weights };
}
