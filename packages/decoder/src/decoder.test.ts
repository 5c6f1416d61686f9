import { resNet } from "@dira/backbones";
import { countParameters } from "@dira/nn";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { restorationLoss, uNetDecoder } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

describe("uNetDecoder", () => {
  it("parity: on ResNet-50 it has smp's number of parameters and names", () => {
    const decoder = uNetDecoder({ encoder: resNet("resnet50", { width: 64 }) });
    expect(countParameters(decoder.parameters)).toBe(9_012_928 + 145);
    for (const name of [
      "decoder.blocks.0.conv1.0.weight",
      "decoder.blocks.4.conv2.1.bias",
      "segmentation_head.0.bias",
    ]) {
      expect(Object.keys(decoder.parameters)).toContain(name);
    }
  });

  it.each([2, 3] as const)(
    "law: restores the input's size, within [0, 1], in %dD",
    (spatialRank) => {
      const encoder = resNet("resnet18", { spatialRank, width: 2, inChannels: 1 });
      const decoder = uNetDecoder({ encoder, channels: [8, 8, 4, 4, 4] });
      const sizes = [32, 64, 32].slice(0, spatialRank);
      const shape: number[] = [2, ...sizes, 1];
      const uniform: tf.Tensor = tf.randomUniform(shape);
      const x = uniform as tf.Tensor4D;
      const restored = decoder.apply(encoder.apply(x, "train"), "train");
      expect(restored.shape).toEqual([2, ...sizes, 1]);
      expect(restored.dataSync().every((v) => v > 0 && v < 1)).toBe(true);
    },
  );

  it("examples: says what does not fit", () => {
    const encoder = resNet("resnet18", { width: 2, inChannels: 1 });
    expect(() => uNetDecoder({ encoder, channels: [8, 8] })).toThrow(
      /expected 5 entries in `channels`/,
    );
    const decoder = uNetDecoder({ encoder, channels: [8, 8, 4, 4, 4] });
    expect(() => decoder.apply({}, "train")).toThrow(/expected a feature map `layer4`/);
    expect(() =>
      decoder.apply(encoder.apply(tf.ones([1, 40, 40, 1]) as tf.Tensor4D, "train"), "train"),
    ).toThrow(/must be divisible/);
    expect(() => restorationLoss(tf.zeros([1]), tf.zeros([2]))).toThrow(/one shape/);
  });
});
