// Counts the multiplications and additions of a step's convolutions and matrix products, by the kernels of TensorFlow.js that
// the engine `torch` runs; the rest is not counted.
import * as tf from "@tensorflow/tfjs";

const size = (shape) => shape.reduce((a, b) => a * b, 1);
/** Each place of one side, with all that a filter has for it. */
const swept = (places, filter) => (2 * size(places) * size(filter)) / places.at(-1);

/** By a kernel's name: its work, of the inputs' shapes, the attributes and the result's shape. */
const works = [
  [/^Dira(Conv[23]d|Pointwise)$/, ({ filter }, _, result) => swept(result, filter)],
  [/^Dira(Conv[23]d|Pointwise)InputGrad$/, ({ dy, filter }) => swept(dy, filter)],
  [/^Dira(Conv[23]d|Pointwise)FilterGrad$/, ({ dy }, { shape }) => swept(dy, shape)],
  [/^(BatchMatMul|_FusedMatMul)$/, ({ a, b }, _, y) => 2 * Math.sqrt(size(a) * size(b) * size(y))],
];

/** Floating-point operations of one step. */
export async function countWork(step) {
  let flops = 0;
  const restore = tf.getKernelsForBackend("torch").flatMap((config) => {
    const [, work] = works.find(([names]) => names.test(config.kernelName)) ?? [];
    if (work === undefined) return [];
    const watched = {
      ...config,
      kernelFunc: (given) => {
        const result = config.kernelFunc(given);
        const shapes = Object.entries(given.inputs).map(([name, x]) => [name, x?.shape]);
        flops += work(Object.fromEntries(shapes), given.attrs, result.shape);
        return result;
      },
    };
    replace(watched);
    return [() => replace(config)];
  });
  try {
    await step();
  } finally {
    restore.forEach((undo) => undo());
  }
  return flops;
}

function replace(config) {
  tf.unregisterKernel(config.kernelName, config.backendName);
  tf.registerKernel(config);
}
