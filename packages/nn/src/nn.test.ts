import { createRandom } from "@dira/random";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  batchNorm,
  convolution,
  copyVariables,
  decodeSafetensors,
  encodeSafetensors,
  followParameters,
  kaimingNormalFanOut,
  linear,
  loadWeights,
  mlpHead,
  saveWeights,
} from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const bn = (): ReturnType<typeof batchNorm> => batchNorm({ channels: 2 });
const x = (seed = 1): tf.Tensor => tf.randomNormal([4, 3, 3, 2], 3, 2, "float32", seed);

describe("batchNorm, laws", () => {
  it("running statistics follow PyTorch's rule, with the unbiased variance", () => {
    const norm = bn();
    norm.apply(x(), "train");
    const { mean, variance } = tf.moments(x(), [0, 1, 2]);
    const expected = tf.add(tf.mul(variance, (0.1 * 36) / 35), 0.9);
    expect(
      relativeError(norm.buffers["running_mean"] as tf.Tensor, tf.mul(mean, 0.1)),
    ).toBeLessThan(1e-5);
    expect(relativeError(norm.buffers["running_var"] as tf.Tensor, expected)).toBeLessThan(1e-5);
  });

  it("inference changes nothing and normalises by the running statistics", () => {
    const norm = bn();
    expect(relativeError(norm.apply(x(), "infer"), tf.div(x(), Math.sqrt(1 + 1e-5)))).toBeLessThan(
      1e-5,
    );
    expect([...(norm.buffers["running_mean"] as tf.Tensor).dataSync()]).toEqual([0, 0]);
  });
});

describe("initialisation", () => {
  it("Kaiming normal has the variance 2 / fan out", () => {
    const values = kaimingNormalFanOut([3, 3, 16, 64], createRandom(1));
    const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
    expect(variance / (2 / (9 * 64))).toBeCloseTo(1, 1);
  });

  it("depends on the seed alone", () => {
    const make = (seed: number): tf.Variable =>
      convolution({ spatialRank: 2, inChannels: 2, outChannels: 3, random: createRandom(seed) })
        .parameters["weight"] as tf.Variable;
    expect(relativeError(make(1), make(1))).toBe(0);
    expect(relativeError(make(1), make(2))).toBeGreaterThan(0.5);
  });
});

describe("twins, laws", () => {
  it.each([0, 0.3, 1])("n steps at momentum %d follow the closed form", (m) => {
    const [twin, source] = [
      { a: tf.variable(tf.tensor1d([1, 2])) },
      { a: tf.variable(tf.tensor1d([5, -2])) },
    ];
    for (let i = 0; i < 4; i += 1) followParameters(twin, source, m);
    const expected = [1, 2].map((v, i) => m ** 4 * v + (1 - m ** 4) * ([5, -2][i] ?? 0));
    expect(relativeError(twin.a, expected)).toBeLessThan(1e-6);
  });

  it("name the variable that does not fit", () => {
    const twin = { a: tf.variable(tf.zeros([2])) };
    expect(() => copyVariables(twin, {})).toThrow(/expected `a` of shape \[2\]/);
    expect(() => followParameters(twin, twin, 2)).toThrow(/must lie in \[0, 1\]/);
  });
});

describe("heads", () => {
  it("mlpHead is linear, ReLU, linear under nn.Sequential's names", () => {
    const head = mlpHead({ features: [4, 6, 2], random: createRandom(1) });
    expect(Object.keys(head.parameters)).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    const p = head.parameters as Record<string, tf.Tensor2D>;
    const input = tf.randomNormal([3, 4]) as tf.Tensor2D;
    const hidden = tf.relu(
      tf.add(tf.matMul(input, p["0.weight"] as tf.Tensor2D), p["0.bias"] as tf.Tensor),
    );
    const expected = tf.add(
      tf.matMul(hidden as tf.Tensor2D, p["2.weight"] as tf.Tensor2D),
      p["2.bias"] as tf.Tensor,
    );
    expect(relativeError(head.apply(input, "train"), expected)).toBeLessThan(1e-6);
  });
});

describe("weights", () => {
  it("law: what is saved loads back bit for bit, in PyTorch's layout in between", async () => {
    const make = (seed: number): ReturnType<typeof convolution> =>
      convolution({
        spatialRank: 2,
        inChannels: 2,
        outChannels: 3,
        kernel: [1, 3],
        bias: true,
        random: createRandom(seed),
      });
    const [a, b] = [make(1), make(2)];
    const saved = await saveWeights(a.parameters);
    expect(saved["weight"]?.shape).toEqual([3, 2, 1, 3]);
    expect(loadWeights(b.parameters, saved).matched).toEqual(["weight", "bias"]);
    expect(
      relativeError(b.parameters["weight"] as tf.Tensor, a.parameters["weight"] as tf.Tensor),
    ).toBe(0);
  });

  it("examples: strict loading names what is missing, unexpected or of another shape, and changes nothing", () => {
    const { parameters } = linear({ inFeatures: 2, outFeatures: 3, random: createRandom(1) });
    const before = [...(parameters["weight"] as tf.Tensor).dataSync()];
    const good = { shape: [3, 2], data: new Float32Array(6) };
    expect(() => loadWeights(parameters, { weight: good, other: good })).toThrow(
      /1 missing \(bias\), 1 unexpected \(other\)/,
    );
    expect(() =>
      loadWeights(parameters, { weight: good, bias: { shape: [4], data: [1, 2, 3, 4] } }),
    ).toThrow(/`bias` must be \[3\], got \[4\]/);
    expect([...(parameters["weight"] as tf.Tensor).dataSync()]).toEqual(before);
  });
});

describe("safetensors", () => {
  const tensor = fc.array(fc.float({ noNaN: true }), { maxLength: 9 }).map((values) => ({
    dtype: "F32" as const,
    shape: [values.length],
    data: Float32Array.from(values),
  }));

  it("law: decoding gives what was encoded, and the same tensors give the same bytes", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((s) => s !== "__metadata__" && s !== "__proto__"),
          tensor,
        ),
        (tensors) => {
          const bytes = encodeSafetensors(tensors, { a: "b" });
          const { tensors: decoded, metadata } = decodeSafetensors(bytes);
          expect(metadata).toEqual({ a: "b" });
          expect(Object.keys(decoded).sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, { data }] of Object.entries(tensors))
            expect(decoded[name]?.data).toEqual(data);
          const reversed = Object.fromEntries(Object.entries(tensors).reverse());
          expect(encodeSafetensors(reversed, { a: "b" })).toEqual(bytes);
        },
      ),
    );
  });

  it("law: a truncated file is refused, wherever it ends", () => {
    const bytes = encodeSafetensors({ a: { dtype: "F32", shape: [4], data: new Float32Array(4) } });
    for (let end = 0; end < bytes.length; end += 1) {
      expect(() => decodeSafetensors(bytes.subarray(0, end))).toThrow(/decodeSafetensors/);
    }
  });
});
