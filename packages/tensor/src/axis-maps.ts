import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";

/** A linear map of one axis: row `o` of the weights `[out, in]` says how output `o` mixes the inputs. */
export interface AxisMap {
  readonly outputs: number;
  readonly inputs: number;
  readonly weights: Float32Array;
}

/**
 * Mixes the positions of one axis: `y[…, o, …] = Σᵢ weights[o, i] · x[…, i, …]`, a matrix product, whose
 * gradient is the product with the transpose: exact, to any order.
 */
export function mixAxis(x: tf.Tensor, axis: number, map: AxisMap): tf.Tensor {
  return withGradient([x], () => ({
    value: product(x, axis, map, false),
    gradient: (dy) => [mixAxisBack(dy, axis, map)],
  }));
}

/** The adjoint of {@link mixAxis}. */
function mixAxisBack(dy: tf.Tensor, axis: number, map: AxisMap): tf.Tensor {
  return withGradient([dy], () => ({
    value: product(dy, axis, map, true),
    gradient: (g) => [mixAxis(g, axis, map)],
  }));
}

/**
 * Takes the positions `indices` of one axis, exact copies; the gradient adds what each position was
 * taken for (a matrix product, as some engines have no kernel for adding rows), to any order.
 */
export function gatherAxis(x: tf.Tensor, axis: number, indices: readonly number[]): tf.Tensor {
  return withGradient([x], () => {
    const map = oneHotMap(indices, x.shape[axis] ?? 0);
    return {
      value: tf.gather(x, tf.tensor1d([...indices], "int32"), axis),
      gradient: (dy) => [scatterAxis(dy, axis, indices, map)],
    };
  });
}

/** The adjoint of {@link gatherAxis}. */
function scatterAxis(
  dy: tf.Tensor,
  axis: number,
  indices: readonly number[],
  map: AxisMap,
): tf.Tensor {
  return withGradient([dy], () => ({
    value: product(dy, axis, map, true),
    gradient: (g) => [gatherAxis(g, axis, indices)],
  }));
}

function oneHotMap(indices: readonly number[], inputs: number): AxisMap {
  const weights = new Float32Array(indices.length * inputs);
  indices.forEach((i, o) => (weights[o * inputs + i] = 1));
  return { outputs: indices.length, inputs, weights };
}

function product(x: tf.Tensor, axis: number, map: AxisMap, transpose: boolean): tf.Tensor {
  const { outputs, inputs, weights } = map;
  const [before, after] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  const matrix = tf.tensor3d(weights, [1, outputs, inputs]);
  const rows = tf.reshape(x, [before, transpose ? outputs : inputs, after]);
  const y = tf.matMul(matrix, rows, transpose);
  const shape = x.shape.slice();
  shape[axis] = transpose ? inputs : outputs;
  return tf.reshape(y, shape);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
