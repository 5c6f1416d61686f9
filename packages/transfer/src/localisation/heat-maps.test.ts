import { type Encoder, uNetEncoder } from "@dira/backbones";
import { createRandom } from "@dira/random";
import type { FeatureMap, SpatialRank } from "@dira/tensor";
import { expectNoLeak, pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  classifier,
  type Classifier,
  gradCam,
  gradCamPlusPlus,
  type MappedClassifier,
  occlusionMap,
} from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

const tensor = (data: readonly number[], shape: readonly number[]): tf.Tensor =>
  tf.tensor([...data], [...shape]);
const valuesOf = (x: tf.Tensor): number[] => [...x.dataSync()];
const noiseOf = (shape: readonly number[], seed: number): tf.Tensor =>
  tf.tensor(pseudoRandom(shape, seed), [...shape]);
const imagesOf = (shape: readonly number[], seed = 1): FeatureMap =>
  tf.add(noiseOf(shape, seed), 0.5) as FeatureMap;

/** "Global average pooling and a linear layer" alone: the images are the feature maps. */
function bare(weights: readonly (readonly number[])[], spatialRank: SpatialRank = 2): Classifier {
  const channels = weights.length;
  const encoder: Encoder = {
    spatialRank,
    inChannels: channels,
    stages: [{ name: "image", channels, reduction: Array<number>(spatialRank).fill(1) }],
    parameters: {},
    buffers: {},
    apply: (x) => ({ image: tf.clone(x) }),
  };
  const network = classifier({ encoder, outputs: weights[0]?.length ?? 0 });
  network.parameters["head.weight"]?.assign(tensor(weights.flat(), [channels, weights[0]?.length ?? 0])); // prettier-ignore
  return network;
}

/** Weights and statistics off their starts, so that batch norms do something. */
function jitter({ parameters, buffers }: Pick<Encoder, "parameters" | "buffers">): void {
  Object.entries({ ...parameters, ...buffers }).forEach(([name, variable], i) => {
    const noise = noiseOf(variable.shape, i + 1);
    const moved = tf.add(variable, tf.mul(noise, 0.3));
    variable.assign(name.endsWith("var") ? tf.add(tf.abs(moved), 0.3) : moved);
  });
}

const uNet = (spatialRank: SpatialRank, more = {}): Encoder => {
  const encoder = uNetEncoder({ spatialRank, width: 2, levels: 2, random: createRandom(3), ...more }); // prettier-ignore
  jitter(encoder);
  return encoder;
};
/** A classifier whose logits mostly grow with its maps, so that heat maps are not empty. */
function onto(encoder: Encoder, outputs: number): Classifier {
  const network = classifier({ encoder, outputs });
  const weight = network.parameters["head.weight"] as tf.Variable;
  weight.assign(tf.add(noiseOf(weight.shape, 9), 0.5));
  return network;
}
const methods = Object.entries({ gradCam, gradCamPlusPlus });

describe("gradCam", () => {
  it.each([2, 3] as const)("law in rank %i: of global pooling and a linear layer, it is CAM over Z", (rank) => {
    const shape = rank === 2 ? [4, 6] : [2, 4, 6];
    const images = tf.sub(imagesOf([2, ...shape, 3]), 0.6) as FeatureMap;
    const weights = [[1, -2], [0.5, 3], [-1, 0.25]];
    const map = gradCam(bare(weights, rank), images, { output: [0, 1] });
    const of = (n: number): tf.Tensor => {
      const image = tf.slice(images, n, 1);
      const column = tensor(weights.map((row) => row[n] as number), [3]);
      return tf.relu(tf.sum(tf.mul(image, column), -1));
    };
    const cam = tf.concat([of(0), of(1)]);
    expect(map.shape).toEqual([2, ...shape]);
    const positions = shape.reduce((a, b) => a * b);
    expect(relativeError(tf.mul(map, positions), cam)).toBeLessThan(1e-5);
    expect(Math.max(...valuesOf(cam))).toBeGreaterThan(0);
  }); // prettier-ignore

  it("resizes a coarser map linearly to the image, from whichever stage is named", () => {
    const network = onto(uNet(2), 2);
    const images = imagesOf([1, 8, 8, 1]);
    const fine = gradCam(network, images, { output: 0, level: "down_tr4" });
    const coarse = gradCam(network, images, { output: 0 });
    const named = gradCam(network, images, { output: 0, level: "down_tr8" });
    expect([fine.shape, coarse.shape]).toEqual([
      [1, 8, 8],
      [1, 8, 8],
    ]);
    expect(relativeError(named, coarse)).toBe(0);
    expect(relativeError(fine, coarse)).toBeGreaterThan(0.01);
  });
});

describe("gradCamPlusPlus", () => {
  it("example: by hand, with a gradient that differs between positions and channels", () => {
    // y = Σ w_k(i) A_k(i): the gradient g is w itself.
    const encoder = bare([[1], [1]]).encoder;
    const g = tensor([1, -1, 0.5, 2], [1, 1, 2, 2]);
    const network: MappedClassifier = {
      encoder,
      classify: ({ image }) =>
        tf.reshape(tf.sum(tf.mul(image as tf.Tensor, g), [1, 2, 3]), [-1, 1]) as tf.Tensor2D,
    };
    // Positions 0 and 1; channels 0 and 1: A_0 = (1, 3), A_1 = (2, 4); g_0 = (1, 0.5), g_1 = (−1, 2).
    const images = tensor([1, 2, 3, 4], [1, 1, 2, 2]) as FeatureMap;
    // α_0 = (1/(2 + 4·1), 1/(2 + 4·0.5)), w_0 = 1/6 + 0.5/4; α_1 = (·, 1/(2 + 6·2)), w_1 = 2/14.
    const [w0, w1] = [1 / 6 + 1 / 8, 1 / 7];
    const map = valuesOf(gradCamPlusPlus(network, images, { output: 0 }));
    [w0 * 1 + w1 * 2, w0 * 3 + w1 * 4].forEach((v, i) => expect(map[i]).toBeCloseTo(v, 6));
    const cam = valuesOf(gradCam(network, images, { output: 0 }));
    [0.75 * 1 + 0.5 * 2, 0.75 * 3 + 0.5 * 4].forEach((v, i) => expect(cam[i]).toBeCloseTo(v, 6));
  });

  it("is as good for gradients whose cubes float32 does not hold", () => {
    const images = imagesOf([1, 4, 4, 2]);
    const tiny = gradCamPlusPlus(bare([[1e-15], [2e-15]]), images, { output: 0 });
    const usual = gradCamPlusPlus(bare([[1e-3], [2e-3]]), images, { output: 0 });
    expect(relativeError(tf.mul(tiny, 1e12), usual)).toBeLessThan(0.01);
  });
});

describe("Grad-CAM and Grad-CAM++", () => {
  it.each(methods)("law, %s: turning the image turns the map, where the filters are symmetric", (_, method) => {
    for (const rank of [2, 3] as const) {
      const encoder = uNet(rank);
      for (const [name, variable] of Object.entries(encoder.parameters)) {
        if (!name.endsWith("conv1.weight")) continue;
        variable.assign(tf.div(tf.add(variable, tf.reverse(variable, rank - 1)), 2));
      }
      const network = onto(encoder, 2);
      const images = imagesOf(rank === 2 ? [2, 8, 8, 1] : [2, 4, 8, 8, 1]);
      const turned = tf.reverse(images, rank) as FeatureMap;
      for (const level of ["down_tr4", "down_tr8"]) {
        const map = method(network, images, { output: 1, level });
        const other = method(network, turned, { output: 1, level });
        expect(relativeError(other, tf.reverse(map, rank))).toBeLessThan(1e-4);
        expect(relativeError(other, map)).toBeGreaterThan(0.01);
      }
    }
  }); // prettier-ignore

  it.each(methods)("law, %s: shifting the image shifts the map, where filters see one pixel", (_, method) => {
    const network = onto(uNet(2, { kernel: 1, levels: 1 }), 2);
    const images = imagesOf([1, 6, 8, 1]);
    const shifted = (x: tf.Tensor): tf.Tensor =>
      tf.concat(tf.split(x, [5, 3], 2).reverse(), 2);
    const map = method(network, images, { output: 0 });
    const other = method(network, shifted(images) as FeatureMap, { output: 0 });
    expect(relativeError(other, shifted(map))).toBeLessThan(1e-5);
    expect(relativeError(other, map)).toBeGreaterThan(0.01);
  }); // prettier-ignore

  it("law: each image of a batch has the map that it has alone, of the logit asked for it", () => {
    const network = onto(uNet(2), 3);
    const images = imagesOf([2, 8, 8, 1]);
    for (const method of [gradCam, gradCamPlusPlus, occlusionMap]) {
      const both = method(network, images, { output: [2, 0] });
      const alone = [2, 0].map((output, n) => {
        const image = tf.slice(images, n, 1) as FeatureMap;
        return method(network, image, { output });
      });
      expect(relativeError(both, tf.concat(alone))).toBeLessThan(1e-4);
    }
  });

  it("law: a volume of depth 1 has the image's map", () => {
    const flat = uNet(2);
    const deep = uNetEncoder({ spatialRank: 3, width: 2, levels: 2, kernel: [1, 3, 3], pool: [1, 2, 2] }); // prettier-ignore
    const networks = [flat, deep].map((encoder) => onto(encoder, 2));
    const [two, three] = networks as [Classifier, Classifier];
    for (const [name, variable] of Object.entries({ ...three.parameters, ...three.buffers })) {
      const from = { ...two.parameters, ...two.buffers }[name] as tf.Variable;
      variable.assign(tf.reshape(from, variable.shape));
    }
    const image = imagesOf([2, 8, 8, 1]);
    const volume = tf.expandDims(image, 1) as FeatureMap;
    for (const method of [gradCam, gradCamPlusPlus, occlusionMap]) {
      const [a, b] = [method(two, image, { output: 1 }), method(three, volume, { output: 1 })];
      expect(b.shape).toEqual([2, 1, 8, 8]);
      expect(relativeError(tf.squeeze(b, [1]), a)).toBeLessThan(1e-5);
    }
  });

  it("law: nothing leaks and nothing of the network changes", () => {
    const network = onto(uNet(2), 2);
    const images = imagesOf([2, 8, 8, 1]);
    const sum = (): number[] =>
      Object.values({ ...network.parameters, ...network.buffers }).map((v) => valuesOf(tf.sum(v))[0] as number); // prettier-ignore
    const before = sum();
    for (const method of [gradCam, gradCamPlusPlus, occlusionMap]) {
      expectNoLeak(() => method(network, images, { output: 1 }));
    }
    expectNoLeak(() => gradCam(network, images, { output: 1, level: "down_tr4" }));
    expect(sum()).toEqual(before);
  });

  it("refuses stages and logits that there are not", () => {
    const network = onto(uNet(2), 2);
    const images = imagesOf([2, 8, 8, 1]);
    const count = tf.memory().numTensors;
    expect(() => gradCam(network, images, { output: 2 })).toThrow(/gradCam: .* 0 to 1, got 2/);
    expect(() => gradCamPlusPlus(network, images, { output: [0] })).toThrow(/2 images, got 1/);
    expect(() => gradCam(network, images, { output: 0, level: "layer4" })).toThrow(/down_tr4, down_tr8, got layer4/); // prettier-ignore
    expect(() => occlusionMap(network, images, { output: -1 })).toThrow(/got -1/);
    expect(tf.memory().numTensors).toBe(count);
  });
});

describe("occlusionMap", () => {
  /** The sum of a region's pixels. */
  const summing = (region: tf.Tensor): Pick<Classifier, "apply"> => ({
    apply: (x) => tf.tidy(() => tf.reshape(tf.sum(tf.mul(x, region), x.shape.map((_, a) => a).slice(1)), [-1, 1])) as tf.Tensor2D, // prettier-ignore
  });

  it.each([2, 3] as const)("law in rank %i: of a network that sums a region's pixels, just that region", (rank) => {
    const sides = rank === 2 ? [6, 5] : [3, 6, 5];
    const region = tf.buffer([...sides, 1]);
    for (const at of rank === 2 ? [[2, 1], [3, 1], [5, 4]] : [[0, 2, 1], [2, 5, 4]]) region.set(1, ...at, 0); // prettier-ignore
    const mask = region.toTensor();
    const images = tf.onesLike(tf.expandDims(mask)) as FeatureMap;
    const map = occlusionMap(summing(mask), images, { output: 0, window: 1, fill: 0, batch: 7 });
    expect(valuesOf(map)).toEqual(valuesOf(mask));
  }); // prettier-ignore

  it("example: a pixel's value is the mean over the windows that cover it; the last window ends at the border", () => {
    const images = tensor([1, 2, 4, 8, 16], [1, 1, 5, 1]) as FeatureMap;
    const region = tensor([1, 1, 1, 1, 1], [1, 5, 1]);
    // Windows of 2 at 0, 2 and 3: they cover 3, 12 and 24.
    const options = { output: 0, window: [1, 2], stride: [1, 2], fill: 0 } as const;
    const map = valuesOf(occlusionMap(summing(region), images, options));
    [3, 3, 12, 18, 24].forEach((v, i) => expect(map[i]).toBeCloseTo(v, 5));
    // Filled with the mean, 6.2, darker pixels rise and speak against the score.
    const mean = valuesOf(occlusionMap(summing(region), images, { ...options, window: 1, stride: 1, fill: "mean" })); // prettier-ignore
    [0, 0, 0, 1.8, 9.8].forEach((v, i) => expect(mean[i]).toBeCloseTo(v, 5));
  });

  it("law: how many copies go in one pass changes nothing, and bounds the images in a pass", () => {
    const network = onto(uNet(2), 2);
    const images = imagesOf([1, 8, 8, 1]);
    const sizes: number[] = [];
    const watched: Pick<Classifier, "apply"> = {
      apply: (x, mode) => {
        sizes.push(x.shape[0]);
        return network.apply(x, mode);
      },
    };
    const some = occlusionMap(watched, images, { output: 0, window: 3, batch: 4 });
    const all = occlusionMap(network, images, { output: 0, window: 3, batch: 100 });
    expect(Math.max(...sizes)).toBe(4);
    expect(relativeError(some, all)).toBeLessThan(1e-4);
  });

  it("refuses windows that do not fit and strides that leave pixels out", () => {
    const images = tf.ones([1, 4, 4, 1]) as FeatureMap;
    const network = summing(tf.ones([4, 4, 1]));
    const map = (options: object) => () => occlusionMap(network, images, { output: 0, ...options });
    expect(map({ window: 5 })).toThrow(/windows within \[4, 4\]/);
    expect(map({ window: 2, stride: 3 })).toThrow(/strides of at most the window/);
    expect(map({ window: 0 })).toThrow(/`window` as whole numbers above 0/);
    expect(map({ window: [1, 2, 3] })).toThrow(/window/);
    expect(map({ batch: 0.5 })).toThrow(/`batch`/);
  });
});
