import { countParameters } from "@dira/nn";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { uNetEncoder } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

/** 3×3×3 convolution with bias, batch norm. */
const unit = (from: number, to: number): number => 27 * from * to + to + 2 * to;

describe("uNetEncoder, parity with the published 3D U-Net", () => {
  const encoder = uNetEncoder();

  it("has its number of parameters, widths and reductions", () => {
    const units = [
      [1, 32],
      [32, 64],
      [64, 64],
      [64, 128],
      [128, 128],
      [128, 256],
      [256, 256],
      [256, 512],
    ] as const;
    const expected = units.reduce((sum, [from, to]) => sum + unit(from, to), 0);
    expect(countParameters(encoder.parameters)).toBe(expected);
    expect(encoder.stages).toEqual([
      { name: "down_tr64", channels: 64, reduction: [1, 1, 1] },
      { name: "down_tr128", channels: 128, reduction: [2, 2, 2] },
      { name: "down_tr256", channels: 256, reduction: [4, 4, 4] },
      { name: "down_tr512", channels: 512, reduction: [8, 8, 8] },
    ]);
  });

  it("has Models Genesis' names", () => {
    const names = Object.keys({ ...encoder.parameters, ...encoder.buffers });
    for (const name of [
      "down_tr64.ops.0.conv1.weight",
      "down_tr64.ops.1.conv1.bias",
      "down_tr512.ops.1.bn1.weight",
      "down_tr256.ops.0.bn1.running_var",
    ])
      expect(names).toContain(name);
    tf.dispose([Object.values(encoder.parameters), Object.values(encoder.buffers)]);
  });
});

describe.each([2, 3] as const)("uNetEncoder, laws, %dD", (spatialRank) => {
  it("gives maps of the stated sizes and channels, also where an axis is pooled less", () => {
    const pool = [1, 2, 2].slice(3 - spatialRank);
    const encoder = uNetEncoder({ spatialRank, width: 2, levels: 3, pool, inChannels: 3 });
    const shape = [2, ...[6, 8, 4].slice(3 - spatialRank), 3];
    const x = tf.randomUniform(shape) as tf.Tensor as tf.Tensor4D;
    const before = tf.memory().numTensors;
    const maps = encoder.apply(x, "train");
    expect(tf.memory().numTensors - before).toBe(3);
    for (const { name, channels, reduction } of encoder.stages) {
      const sizes = reduction.map((r, axis) => (shape[axis + 1] ?? 0) / r);
      expect(maps[name]?.shape).toEqual([2, ...sizes, channels]);
    }
  });
});

describe("uNetEncoder, examples", () => {
  it("a volume of depth 1 gives what the image gives", () => {
    const volumes = uNetEncoder({ width: 2, levels: 2, pool: [1, 2, 2] });
    const images = uNetEncoder({ width: 2, levels: 2, spatialRank: 2 });
    for (const [name, variable] of Object.entries(images.parameters)) {
      const deep = volumes.parameters[name] as tf.Variable;
      if (!name.endsWith("conv1.weight")) continue;
      // The middle of the kernel's depth is all that a volume of depth 1 meets.
      const flat = tf.tidy(() => tf.squeeze(tf.slice(deep, [1], [1]), [0]));
      variable.assign(flat);
    }
    const x = tf.randomUniform([2, 8, 4, 1]) as tf.Tensor4D;
    const flat = images.apply(x, "train")["down_tr8"] as tf.Tensor;
    const deep = volumes.apply(tf.expandDims(x, 1) as never, "train")["down_tr8"] as tf.Tensor;
    flat.dataSync().forEach((value, i) => expect(deep.dataSync()[i]).toBeCloseTo(value, 4));
  });

  it("says what does not fit", () => {
    const encoder = uNetEncoder({ width: 2, levels: 3 });
    const of = (...shape: number[]) => tf.zeros(shape) as tf.Tensor as tf.Tensor5D;
    expect(() => encoder.apply(of(1, 8, 8, 8, 3), "train")).toThrow(
      /uNetEncoder: expected \[N, D, H, W, 1\]/,
    );
    expect(() => encoder.apply(of(1, 8, 8, 6, 1), "train")).toThrow(/multiples of \[4, 4, 4\]/);
    expect(() => uNetEncoder({ levels: 0 })).toThrow(/`levels` must be a whole number above 0/);
  });
});
