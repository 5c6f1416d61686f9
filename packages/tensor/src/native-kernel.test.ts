import { startEngine } from "@dira/engine";
import { expectNoLeak, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, it } from "vitest";
import {
  addBias,
  batchNorm,
  batchNormRelu,
  checkEngine,
  conv,
  instanceNorm,
  leakyRelu,
  maxPool,
  relu,
} from "./index.ts";

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
type Case = [name: string, op: Op, shapes: number[][]];

const missing = await startEngine("tensorflow").then(
  () => undefined,
  (error: unknown) => String(error),
);
if (missing !== undefined) console.log(`Tests of native kernels are skipped: ${missing}`);
afterAll(() => tf.setBackend("cpu"));

const values = (shape: readonly number[], seed: number): tf.Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i * seed + seed));
  return tf.tensor(data, [...shape]);
};

/** The op's value, and its gradients weighted by fixed numbers, on one engine. */
async function run(engine: "cpu" | "tensorflow", op: Op, shapes: number[][]): Promise<Ran> {
  await startEngine(engine);
  return tf.tidy(() => {
    const inputs = shapes.map((shape, i) => values(shape, i + 1));
    const value = op(...inputs);
    const gradients = tf.grads(op)(inputs, values(value.shape, 7));
    return { value: value.dataSync(), gradients: gradients.map((g) => g.dataSync()) };
  });
}

interface Ran {
  readonly value: ArrayLike<number>;
  readonly gradients: readonly ArrayLike<number>[];
}

const [c, k] = [6, 5];
const casesOf = (rank: 2 | 3): Case[] => {
  const image = (channels: number): number[] => [3, ...[8, 9, 6].slice(0, rank), channels];
  const filter = (size: number, channels: number): number[] => [
    ...[size, size, size].slice(0, rank),
    channels,
    k,
  ];
  const convs = [
    [3, 1, 1, c],
    [3, 2, 1, c],
    [3, 2, 1, 1],
    [3, 1, 0, c],
    [3, 2, 0, c],
    [3, 1, 2, c],
    [1, 2, 0, c],
  ].map(([size = 0, stride = 0, padding = 0, channels = 0]): Case => {
    const name = `conv ${size}, stride ${stride}, padding ${padding}, ${channels} channels`;
    const op: Op = (x, w) => conv(x as tf.Tensor, w as tf.Tensor, { stride, padding });
    return [name, op, [image(channels), filter(size, channels)]];
  });
  const norm = [image(c), [c], [c]];
  return [
    ...convs,
    ["maxPool", (x) => maxPool(x as tf.Tensor, { size: 3, stride: 2, padding: 1 }), [image(c)]],
    ["relu", (x) => relu(x as tf.Tensor), [image(c)]],
    ["leakyRelu", (x) => leakyRelu(x as tf.Tensor, 0.2), [image(c)]],
    ["leakyRelu of slope 0", (x) => leakyRelu(x as tf.Tensor, 0), [image(c)]],
    ["addBias", (x, b) => addBias(x as tf.Tensor, b as tf.Tensor), [image(c), [c]]],
    ["instanceNorm", (x) => instanceNorm(x as tf.Tensor), [image(c)]],
    ["batchNorm", (x, g, b) => batchNorm(x as tf.Tensor, ...pair(g, b)), norm],
    ["batchNormRelu", (x, g, b) => batchNormRelu(x as tf.Tensor, ...pair(g, b)), norm],
    [
      "batchNormRelu with a residual",
      (x, g, b, residual) => batchNormRelu(x as tf.Tensor, ...pair(g, b), { residual }),
      [...norm, image(c)],
    ],
  ];
};

const pair = (scale?: tf.Tensor, offset?: tf.Tensor): [tf.Tensor1D, tf.Tensor1D] => [
  scale as tf.Tensor1D,
  offset as tf.Tensor1D,
];

describe.skipIf(missing !== undefined).each([2, 3] as const)(
  "parity, %dD: native kernels give what the composed operations give",
  (rank) => {
    it.each(casesOf(rank))("%s", async (_, op, shapes) => {
      const [native, composed] = [
        await run("tensorflow", op, shapes),
        await run("cpu", op, shapes),
      ];
      expect(relativeError(native.value, composed.value)).toBeLessThan(1e-5);
      native.gradients.forEach((gradient, i) => {
        expect(relativeError(gradient, composed.gradients[i] ?? [])).toBeLessThan(1e-5);
      });
    });
  },
);

describe.skipIf(missing !== undefined)("laws of native kernels", () => {
  /** The gradient of a gradient penalty, as a critic's: every op is differentiated twice. */
  const penalty: Op = (w, v) => {
    const critic = (x: tf.Tensor): tf.Tensor => {
      const y = leakyRelu(instanceNorm(conv(x, w as tf.Tensor, { stride: 2, padding: 1 })));
      return tf.sum(tf.square(relu(conv(y, v as tf.Tensor, { padding: 1 }))));
    };
    return tf.mean(tf.square(tf.grad(critic)(values([2, 9, 8, c], 3))));
  };

  it("second order equals that of the composed operations", async () => {
    const shapes = [
      [3, 3, c, k],
      [3, 3, k, 4],
    ];
    const native = await run("tensorflow", penalty, shapes);
    const composed = await run("cpu", penalty, shapes);
    expect(relativeError(native.value, composed.value)).toBeLessThan(1e-4);
    native.gradients.forEach((gradient, i) => {
      expect(relativeError(gradient, composed.gradients[i] ?? [])).toBeLessThan(1e-4);
    });
  });

  it("the self-check passes", async () => {
    await startEngine("tensorflow");
    expect(checkEngine()).toEqual([]);
  });

  it.each(casesOf(2))("%s leaves no tensor behind", async (_, op, shapes) => {
    await startEngine("tensorflow");
    const inputs = shapes.map((shape, i) => values(shape, i + 1));
    expectNoLeak(() => op(...inputs));
    expectNoLeak(() => tf.grads(op)(inputs), inputs.length);
  });
});
