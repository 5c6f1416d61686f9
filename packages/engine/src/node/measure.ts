import * as tf from "@tensorflow/tfjs";

/** What is measured: a 3x3 convolution of 64 to 64 channels, stride 1, "same", on [1, 56, 56, 64]. */
export const MEASURED = "3x3 convolution, 64 channels, 56x56, forward";

const WORK = 2 * 56 * 56 * 9 * 64 * 64;

/** Speed of the engine in use in GFLOP/s: the median over at most `budgetMs` after one warm-up. */
export async function measureEngine(budgetMs: number = 500): Promise<number> {
  const x = tf.ones<tf.Rank.R4>([1, 56, 56, 64]);
  const filter = tf.ones<tf.Rank.R4>([3, 3, 64, 64]);
  const once = async (): Promise<number> => {
    const began = performance.now();
    const y = tf.conv2d(x, filter, 1, "same");
    await y.data();
    y.dispose();
    return performance.now() - began;
  };
  try {
    await once();
    const times: number[] = [];
    const end = performance.now() + budgetMs;
    do times.push(await once());
    while (performance.now() < end && times.length < 200);
    times.sort((a, b) => a - b);
    return WORK / (times[Math.floor(times.length / 2)] ?? Infinity) / 1e6;
  } finally {
    tf.dispose([x, filter]);
  }
}
