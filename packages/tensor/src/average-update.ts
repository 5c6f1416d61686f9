import * as tf from "@tensorflow/tfjs";
import { type Cell, changeRows, offersKernel, ownData, updateInPlace } from "./in-place.ts";

/** An average and what it moves towards, of one shape. */
export interface AverageTarget {
  readonly average: tf.Variable;
  readonly value: tf.Tensor;
}

const KERNEL = "DiraAverage";

/**
 * One step of exponential moving averages: `a ← m·a + (1 − m)·x`, with m the nearest float32 number,
 * so that both weights sum to 1.
 *
 * On `tensorflow` it runs with one new array per average, vectors joined into one; an engine offers the
 * same by registering the kernel `DiraAverage` (a and x of each target in turn; no outputs). Elsewhere
 * it is composed of basic operations.
 *
 * @param momentum - m in [0, 1].
 */
export function averageUpdate(targets: readonly AverageTarget[], momentum: number): void {
  const m = Math.fround(momentum);
  if (!offersKernel(KERNEL, runAverage)) {
    for (const { average, value } of targets) {
      tf.tidy(() => average.assign(tf.add(tf.mul(average, m), tf.mul(value, 1 - m))));
    }
    return;
  }
  ownData(targets.map(({ average }) => average));
  const inputs = targets.flatMap((t) => [t.average, t.value]) as object as tf.NamedTensorMap;
  tf.engine().runKernel(KERNEL, inputs, { momentum: m });
}

const runAverage: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const all = inputs as object as tf.TensorInfo[];
  const rows = all.flatMap((_, i) => (i % 2 === 0 ? [all.slice(i, i + 2)] : []));
  const { momentum } = attrs as unknown as { momentum: number };
  updateInPlace(backend, (inPlace) => {
    const kept = inPlace.scalar(momentum);
    const added = inPlace.scalar(momentum - 1);
    changeRows(inPlace, backend, rows, 1, (row) => {
      const [average, value] = row as [Cell, Cell];
      inPlace.replace(average, "Mul", [average.id, kept]);
      inPlace.write([average], ([handle]) => {
        const ids = [handle as number, added, value.id];
        inPlace.execute("ResourceApplyGradientDescent", ids, { outputs: 0 });
      });
    });
  });
  return [];
};
