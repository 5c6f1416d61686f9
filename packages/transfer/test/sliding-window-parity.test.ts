import { fileURLToPath } from "node:url";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { slidingWindow } from "../src/index.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

/** Cases are drawn anew in each run; the seed is printed. */
const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
const random = createRandom("sliding-window", seed);

const questions = Array.from({ length: 24 }, (_, n) => {
  const rank = 2 + (n % 2);
  const shape = Array.from({ length: rank }, () => random.integer(1, rank === 2 ? 20 : 12));
  return {
    shape,
    roi: shape.map(() => random.integer(1, 8)),
    overlap: [0, 0.25, 0.3, 0.5, 0.8][n % 5] as number,
    mode: n % 3 === 0 ? ("constant" as const) : ("gaussian" as const),
    sigmaScale: n % 4 === 0 ? 0.25 : 0.125,
    data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  };
});

const python = pythonWith(["numpy"], "Parity of sliding windows with NumPy is");

function ask(): readonly (readonly number[])[] {
  const script = fileURLToPath(new URL("sliding_window_answers.py", import.meta.url));
  const input = JSON.stringify(questions);
  return JSON.parse(runPython(python as string, [script], input)) as number[][];
}

/** The same network as the script's. */
const network = (x: tf.Tensor): tf.Tensor => {
  const [, ...shape] = x.shape;
  const size = shape.reduce((a, b) => a * b, 1);
  const places = tf.div(tf.reshape(tf.range(0, size), [1, ...shape]), size);
  const axes = shape.map((_, axis) => axis + 1);
  return tf.add(tf.sin(tf.add(tf.mul(x, 3), places)), tf.mean(x, axes, true));
};

describe.skipIf(python === undefined)(`slidingWindow against NumPy, seed ${seed}`, () => {
  let answers: readonly (readonly number[])[];
  beforeAll(async () => {
    await tf.setBackend("cpu");
    answers = ask();
  });

  it.each(questions.map((question, n) => ({ ...question, n })))(
    "$shape in windows $roi, overlap $overlap, $mode",
    async ({ data, shape, roi, n, ...options }) => {
      const image = { data: Float32Array.from(data), shape: [...shape, 1] };
      const found = await slidingWindow(image, network, { roiSize: roi, batch: 3, ...options });
      const answer = answers[n] ?? [];
      const error = Math.hypot(...found.data.map((value, i) => value - (answer[i] ?? NaN)));
      expect(error / Math.hypot(...answer)).toBeLessThan(1e-5);
    },
  );
});
