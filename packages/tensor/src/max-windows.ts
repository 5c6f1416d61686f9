import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";
import { offsetsOf, windowSlice } from "./window-slices.ts";

type Pair = [number, number];
type Triple = [number, number, number];

/** Maxima of unpadded windows, differentiable to any order. */
export function maxWindows(
  x: tf.Tensor,
  size: readonly number[],
  stride: readonly number[],
): tf.Tensor {
  return withGradient([x], (save) => {
    const value = stockMaxima(x, size, stride);
    save([x, value]);
    const gradient = (dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] => {
      const [x, maxima] = saved as [tf.Tensor, tf.Tensor];
      return [toMaxima(dy, { x, maxima, size, stride })];
    };
    return { value, gradient };
  });
}

/** Pooled windows: constants to the two adjoint maps below. */
export interface Pooled {
  readonly x: tf.Tensor;
  readonly maxima: tf.Tensor;
  readonly size: readonly number[];
  readonly stride: readonly number[];
}

/** Each value to the place of its window's maximum. */
function toMaxima(dy: tf.Tensor, pooled: Pooled): tf.Tensor {
  return withGradient([dy], (save) => {
    save([pooled.x, pooled.maxima]);
    return {
      value: stockGradient(dy, pooled),
      gradient: (g, saved) => {
        const [x, maxima] = saved as [tf.Tensor, tf.Tensor];
        return [fromMaxima(g, { ...pooled, x, maxima })];
      },
    };
  });
}

/** The value at the place of each window's maximum: the adjoint of {@link toMaxima}. */
export function fromMaxima(g: tf.Tensor, pooled: Pooled): tf.Tensor {
  return withGradient([g], (save) => {
    save([pooled.x, pooled.maxima]);
    const windows = pooled.maxima.shape.slice(1, -1);
    const parts = masks(pooled).map(([offset, mask]) =>
      tf.mul(mask, windowSlice(g, offset, windows, pooled.stride)),
    );
    return {
      value: tf.addN(parts),
      gradient: (dy, saved) => {
        const [x, maxima] = saved as [tf.Tensor, tf.Tensor];
        return [toMaxima(dy, { ...pooled, x, maxima })];
      },
    };
  });
}

/** Per position in the window, 1 where the first maximum is there, else 0. */
function masks({ x, maxima, size, stride }: Pooled): [number[], tf.Tensor][] {
  const windows = maxima.shape.slice(1, -1);
  let open: tf.Tensor = tf.onesLike(maxima);
  return offsetsOf(size).map((offset) => {
    const isMax = tf.cast(tf.equal(windowSlice(x, offset, windows, stride), maxima), "float32");
    const mask = tf.mul(isMax, open);
    open = tf.sub(open, mask);
    return [offset, mask];
  });
}

function stockMaxima(x: tf.Tensor, size: readonly number[], stride: readonly number[]): tf.Tensor {
  if (x.rank === 4) return tf.maxPool(x as tf.Tensor4D, size as Pair, stride as Pair, "valid");
  return tf.maxPool3d(x as tf.Tensor5D, size as Triple, stride as Triple, "valid");
}

function stockGradient(dy: tf.Tensor, { x, maxima, size, stride }: Pooled): tf.Tensor {
  const attributes = { filterSize: size, strides: stride, pad: "valid" } as object;
  return tf
    .engine()
    .runKernel(
      x.rank === 5 ? "MaxPool3DGrad" : "MaxPoolGrad",
      { dy, input: x, output: maxima },
      attributes as tf.NamedAttrMap,
    ) as tf.Tensor;
}
