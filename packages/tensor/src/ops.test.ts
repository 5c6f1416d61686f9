import { expectGradient, expectNoLeak, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  batchNorm,
  batchNormInference,
  checkEngine,
  checkShapes,
  conv,
  detach,
  globalAveragePool,
  instanceNorm,
  l2Normalize,
  leakyRelu,
  maxPool,
  meanSquaredError,
  upsampleNearest,
} from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, "float32", seed);
/** Values far apart, in random order: a small step changes no maximum and no sign. */
function distinct(shape: number[], seed: number): tf.Tensor {
  const order = random(shape, seed).flatten().dataSync();
  const ranks = [...order.keys()].sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
  const values = new Float32Array(order.length);
  ranks.forEach((position, rank) => (values[position] = 0.2 * (rank - order.length / 2) + 0.1));
  return tf.tensor(values, shape);
}

describe.each([2, 3] as const)("laws, %dD: gradients are those of central differences", (rank) => {
  const image = [2, ...[5, 7, 4].slice(0, rank), 3];
  const filter = [...[3, 3, 3].slice(0, rank), 3, 2];

  it.each([
    [1, 0],
    [1, 1],
    [2, 1],
    [2, 0],
  ])("conv, stride %d, padding %d", (stride, padding) => {
    expectGradient(
      (x, w) => conv(x, w as tf.Tensor, { stride, padding }),
      [random(image, 1), random(filter, 2)],
    );
  });

  it.each([1, 2])("conv with a kernel of one position, stride %d", (stride) => {
    const one = [...[1, 1, 1].slice(0, rank), 3, 2];
    expectGradient(
      (x, w) => conv(x, w as tf.Tensor, { stride }),
      [random(image, 1), random(one, 2)],
    );
    const x = random(image, 1);
    const w = random(one, 2);
    const stock =
      rank === 2
        ? tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, "valid")
        : tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, stride, "valid");
    expect(relativeError(conv(x, w, { stride }), stock)).toBeLessThan(1e-6);
  });

  it("conv with per-axis stride", () => {
    const stride = [1, 2, 2].slice(3 - rank);
    expectGradient(
      (x, w) => conv(x, w as tf.Tensor, { stride, padding: 1 }),
      [random(image, 1), random(filter, 2)],
    );
  });

  it("maxPool with padding", () => {
    expectGradient((x) => maxPool(x, { size: 3, stride: 2, padding: 1 }), [distinct(image, 3)], {
      step: 0.05,
    });
  });

  it("upsampleNearest", () => {
    expectGradient((x) => upsampleNearest(x, [2, 3, 2].slice(0, rank)), [random(image, 4)]);
  });

  it("batchNorm", () => {
    expectGradient(
      (x, g, b) => batchNorm(x, g as tf.Tensor1D, b as tf.Tensor1D),
      [random(image, 5), random([3], 6), random([3], 7)],
    );
  });

  it("instanceNorm and leakyRelu", () => {
    expectGradient((x) => instanceNorm(x), [random(image, 8)]);
    expectGradient((x) => leakyRelu(x, 0.2), [distinct(image, 9)], { step: 0.05 });
  });

  it("leave no tensor behind", () => {
    const [x, w, c] = [random(image, 1), random(filter, 2), random([3], 3) as tf.Tensor1D];
    expectNoLeak(() => conv(x, w, { stride: 2, padding: 1 }));
    expectNoLeak(() => maxPool(x, { size: 2, padding: 1 }));
    expectNoLeak(() => upsampleNearest(x, 2));
    expectNoLeak(() => batchNorm(x, c, c));
    expectNoLeak(() => batchNormInference(x, c, c, c, tf.abs(c)), 2);
    expectNoLeak(() => instanceNorm(x));
    expectNoLeak(() => leakyRelu(x));
    expectNoLeak(() => detach(x));
    expectNoLeak(() => tf.grad((y) => tf.sum(leakyRelu(instanceNorm(y))))(x));
  });
});

describe("laws", () => {
  it("second order: the gradient of a gradient penalty through conv, norm and leaky ReLU, 2D", () => {
    const penalty = (w: tf.Tensor): tf.Tensor =>
      tf.square(
        tf.grad((y) => tf.sum(leakyRelu(instanceNorm(conv(y, w)))))(random([2, 4, 5, 2], 1)),
      );
    expectGradient(penalty, [random([3, 3, 2, 2], 2)], { step: 1e-3, tolerance: 3e-2 });
  });

  it("a volume of depth 1 gives what the image gives", () => {
    const [x, w] = [random([2, 6, 5, 3], 1), random([3, 3, 3, 4], 2)];
    const flat = conv(x, w, { stride: 2, padding: 1 });
    const volume = conv(x.expandDims(1), w.expandDims(0), {
      stride: [1, 2, 2],
      padding: [0, 1, 1],
    });
    expect(volume.squeeze([1]).arraySync()).toEqual(flat.arraySync());
    expect(upsampleNearest(x.expandDims(1), [1, 2, 2]).squeeze([1]).arraySync()).toEqual(
      upsampleNearest(x, 2).arraySync(),
    );
  });

  it("batchNorm ignores the scale and shift of its input", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 4, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (a, b) => {
          const x = random([4, 3, 3, 2], 3);
          const [one, zero] = [tf.ones([2]) as tf.Tensor1D, tf.zeros([2]) as tf.Tensor1D];
          const y = batchNorm(x, one, zero);
          expect(relativeError(batchNorm(tf.add(tf.mul(x, a), b), one, zero), y)).toBeLessThan(
            1e-3,
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it("l2Normalize gives rows of length one, and no NaN at zero", () => {
    const y = l2Normalize(tf.concat([random([3, 8], 1), tf.zeros([1, 8])]));
    const lengths = tf.norm(y, 2, -1).dataSync();
    expect([...lengths].map((l) => Math.round(l * 1e5) / 1e5)).toEqual([1, 1, 1, 0]);
    const gradient = tf.grad((x) => tf.sum(l2Normalize(x)))(tf.zeros([1, 8]));
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  });

  it("no gradient flows through detach", () => {
    const g = tf.grad((x) => tf.sum(tf.add(tf.mul(x, 2), tf.mul(detach(x), 5))))(tf.ones([3]));
    expect([...g.dataSync()]).toEqual([2, 2, 2]);
  });
});

describe("parity", () => {
  it("conv equals PyTorch's symmetric padding in a plain loop", () => {
    const [x, w] = [random([1, 6, 6, 1], 1), random([3, 3, 1, 1], 2)];
    const [a, k] = [x.dataSync(), w.dataSync()];
    const expected: number[] = [];
    for (let oy = 0; oy < 3; oy += 1) {
      for (let ox = 0; ox < 3; ox += 1) {
        let sum = 0;
        for (let dy = 0; dy < 3; dy += 1) {
          for (let dx = 0; dx < 3; dx += 1) {
            const [y, xx] = [oy * 2 + dy - 1, ox * 2 + dx - 1];
            if (y < 0 || xx < 0 || y > 5 || xx > 5) continue;
            sum += (a[y * 6 + xx] ?? 0) * (k[dy * 3 + dx] ?? 0);
          }
        }
        expected.push(sum);
      }
    }
    expect(relativeError(conv(x, w, { stride: 2, padding: 1 }), expected)).toBeLessThan(1e-6);
  });

  it("batchNorm hands out the mean and the unbiased variance", () => {
    const x = tf.tensor([1, 2, 3, 6], [4, 1]);
    let seen: number[] = [];
    batchNorm(x, tf.ones([1]), tf.zeros([1]), 1e-5, ({ mean, variance }) => {
      seen = [...mean.dataSync(), ...variance.dataSync()];
    });
    expect(seen[0]).toBeCloseTo(3, 6);
    expect(seen[1]).toBeCloseTo(14 / 3, 5);
  });

  it("means over positions and elements", () => {
    expect(globalAveragePool(tf.tensor([1, 2, 3, 6], [1, 2, 2, 1])).dataSync()[0]).toBe(3);
    expect(meanSquaredError(tf.tensor([1, 2]), tf.tensor([3, 2])).dataSync()[0]).toBe(2);
  });
});

describe("examples", () => {
  it("the self-check passes on cpu", () => {
    expect(checkEngine()).toEqual([]);
  });

  it.each([
    [() => conv(tf.zeros([4, 4, 3]), tf.zeros([3, 3, 3, 1])), /conv: expected \[N, H, W, C\]/],
    [
      () => conv(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 2, 1])),
      /`filter` must be \[kH, kW, 3, C'\]/,
    ],
    [() => conv(tf.zeros([1, 2, 2, 3]), tf.zeros([3, 3, 3, 1])), /smaller \(2 after padding\)/],
    [
      () => batchNorm(tf.zeros([1, 3]), tf.ones([3]), tf.zeros([3])),
      /more than one value per channel/,
    ],
    [() => meanSquaredError(tf.zeros([2]), tf.zeros([2, 1])), /one shape/],
    [
      () =>
        checkShapes("infoNce", {
          queries: [tf.zeros([4, 8]), "N C"],
          keys: [tf.zeros([4, 6]), "N C"],
        }),
      /`keys` must be \[N, C\] with C = 8 \(from `queries`\), got \[4, 6\]/,
    ],
  ])("errors say what was expected and what came (%#)", (f, message) => {
    expect(f).toThrow(message);
  });
});
