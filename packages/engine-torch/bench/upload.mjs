// What giving values to the engine costs: `node packages/engine-torch/bench/upload.mjs`. Milliseconds from a filled typed array to
// the first operation's end (negating one value of it), of an array of JavaScript's own and of `engineArray`, in turn: medians.
import { startEngine } from "@dira/engine";
import { engineArray } from "@dira/engine-torch";
import * as tf from "@tensorflow/tfjs";

const ROUNDS = 41;
/** Batches of X-rays in one channel. */
const SHAPES = [
  [8, 224, 224, 1],
  [256, 224, 224, 1],
];

await startEngine("torch");

function milliseconds(array, shape) {
  const began = performance.now();
  tf.tidy(() => {
    const first = tf.slice(tf.tensor(array, shape), [0, 0, 0, 0], [1, 1, 1, 1]);
    tf.neg(first).dataSync();
  });
  return performance.now() - began;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

for (const shape of SHAPES) {
  const length = tf.util.sizeFromShape(shape);
  const arrays = {
    Float32Array: new Float32Array(length).fill(1),
    engineArray: engineArray(length).fill(1),
  };
  const times = Object.fromEntries(Object.keys(arrays).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, array] of Object.entries(arrays))
      times[name].push(milliseconds(array, shape));
  const cells = Object.entries(times).map(([name, all]) => `${name} ${median(all).toFixed(3)} ms`);
  console.log(`${JSON.stringify(shape)}: ${cells.join(", ")}`);
}
process.exit(0);
