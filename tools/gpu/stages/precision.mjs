// Values and gradients on a device beside those of the same addon's float32 on the CPU, in each precision.
import { batchNorm, conv, convTranspose, maxPool, softmaxCrossEntropy } from "@dira/tensor";
import { startEngine } from "@dira/engine";
import { pseudoRandom } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { opCases } from "../../../packages/tensor/src/op-cases.ts";
import { useDevice, usePrecision } from "../device.mjs";

/**
 * The most that ‖y − reference‖ / ‖reference‖ may be. Factors are rounded to 23, 10 and 7 bits of mantissa, sums are in
 * float32: half a unit of the last bit a factor, and as much again for what is handed on, each with room for a few in a row.
 */
const TOLERANCE = { float32: 2e-5, tf32: 4e-3, bfloat16: 3e-2 };

/** As in networks: large enough for the kernels that are chosen there. */
const large = [
  [
    "conv 3×3",
    [
      [2, 28, 28, 64],
      [3, 3, 64, 64],
    ],
    (x, w) => conv(x, w, { padding: 1 }),
  ],
  [
    "conv 7×7, stride 2",
    [
      [2, 56, 56, 3],
      [7, 7, 3, 64],
    ],
    (x, w) => conv(x, w, { padding: 3, stride: 2 }),
  ],
  [
    "conv 1×1",
    [
      [2, 28, 28, 256],
      [1, 1, 256, 64],
    ],
    (x, w) => conv(x, w),
  ],
  [
    "conv 3×3×3",
    [
      [1, 12, 12, 12, 32],
      [3, 3, 3, 32, 32],
    ],
    (x, w) => conv(x, w, { padding: 1 }),
  ],
  [
    "convTranspose 2×2×2",
    [
      [2, 8, 8, 8, 32],
      [2, 2, 2, 16, 32],
    ],
    (x, w) => convTranspose(x, w, { stride: 2 }),
  ],
  [
    "matMul",
    [
      [256, 512],
      [512, 384],
    ],
    (a, b) => tf.matMul(a, b),
  ],
  ["batchNorm", [[2, 28, 28, 64], [64], [64]], (x, scale, offset) => batchNorm(x, scale, offset)],
  ["maxPool", [[2, 28, 28, 64]], (x) => maxPool(x, { size: 3, stride: 2, padding: 1 })],
  [
    "cross-entropy",
    [[64, 1000]],
    (logits) => softmaxCrossEntropy(logits, tf.range(0, 64, 1, "int32")),
  ],
];
const [device, quick] = process.argv.slice(2);
const say = (row) => console.log(JSON.stringify(row));

/** `[value, ...gradients]` of `op` as numbers, all inputs taken anew. */
function compute({ shapes, op }) {
  return tf.tidy(() => {
    const inputs = shapes.map((shape, i) => tf.tensor(pseudoRandom(shape, i + 1), shape));
    const y = op(...inputs);
    const weights = tf.tensor(pseudoRandom(y.shape, 99), y.shape);
    const gradients = tf.grads((...xs) => tf.sum(tf.mul(op(...xs), weights)))(inputs);
    return [y, ...gradients].map((tensor) => tensor.dataSync());
  });
}

function relativeError(values, reference) {
  let [difference, size] = [0, 0];
  values.forEach((x, i) => {
    difference += (x - reference[i]) ** 2;
    size += reference[i] ** 2;
  });
  return Math.sqrt(difference / (size || 1));
}

useDevice("cpu");
await startEngine("torch");
const every = [
  ...large.map(([name, shapes, op]) => ({ name, shapes, op, isLarge: true })),
  ...opCases().map(({ name, shapes, op }) => ({ name, shapes: shapes.map((s) => [...s]), op })),
];
/** With `--quick` each seventh alone; large ones take minutes in bfloat16 on processors that don't have it. */
const cases = every.filter((_, i) => quick !== "quick" || i % 7 === 0);
const isTaken = ({ isLarge }, precision) =>
  quick !== "quick" || precision !== "bfloat16" || !isLarge;
const references = cases.map(compute);
useDevice(device);
for (const [precision, tolerance] of Object.entries(TOLERANCE)) {
  usePrecision(precision);
  let [worst, where, wrong] = [0, "", 0];
  cases.forEach((one, k) => {
    if (!isTaken(one, precision)) return;
    let error;
    try {
      error = Math.max(...compute(one).map((values, i) => relativeError(values, references[k][i])));
    } catch (problem) {
      say({ precision, operation: one.name, why: String(problem.message).slice(0, 300) });
      wrong += 1;
      return;
    }
    if (error > worst || Number.isNaN(error)) [worst, where] = [error, one.name];
    if (error <= tolerance) return;
    wrong += 1;
    say({ precision, operation: one.name, error: error.toExponential(1), tolerance });
  });
  say({
    precision,
    operations: cases.length,
    wrong,
    tolerance,
    "largest error": worst.toExponential(1),
    of: where,
  });
}
