import { resNet, uNetEncoder } from "@dira/backbones";
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

  it("parity: on the 3D U-Net's encoder it has the publication's 19.07 million parameters, and names", () => {
    const encoder = uNetEncoder();
    const decoder = uNetDecoder({ encoder, design: "genesis" });
    const count = countParameters(encoder.parameters) + countParameters(decoder.parameters);
    expect((count / 1e6).toFixed(2)).toBe("19.07");
    for (const [name, shape] of [
      ["up_tr256.up_conv.weight", [2, 2, 2, 512, 512]],
      ["up_tr256.ops.0.conv1.weight", [3, 3, 3, 768, 256]],
      ["up_tr64.ops.1.bn1.bias", [64]],
      ["out_tr.final_conv.weight", [1, 1, 1, 64, 1]],
    ] as const) {
      expect(decoder.parameters[name]?.shape).toEqual(shape);
    }
    tf.dispose([encoder, decoder].flatMap((m) => Object.values({ ...m.parameters, ...m.buffers })));
  });

  it.each([
    ["genesis", "transposed", 2],
    ["genesis", "nearest", 3],
    ["smp", "transposed", 3],
  ] as const)(
    "law: %s with %s upsampling restores the size of a U-Net's input, in %dD",
    (design, upsampling, spatialRank) => {
      const pool = [1, 2, 2].slice(3 - spatialRank);
      const encoder = uNetEncoder({ spatialRank, width: 2, levels: 3, pool });
      const decoder = uNetDecoder({ encoder, design, upsampling, channels: [6, 4] });
      expect("out_tr.final_conv.bias" in decoder.parameters).toBe(design === "genesis");
      const shape = [2, ...[4, 8, 4].slice(0, spatialRank), 1];
      const x = tf.randomUniform(shape) as tf.Tensor as tf.Tensor4D;
      expect(decoder.apply(encoder.apply(x, "train"), "train").shape).toEqual(shape);
      const moved = Object.keys(decoder.parameters).some((name) =>
        /\.up(_conv)?\.weight$/.test(name),
      );
      expect(moved).toBe(upsampling === "transposed");
    },
  );

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
    const plain = uNetEncoder({ width: 2, levels: 3 });
    expect(() => uNetDecoder({ encoder: plain, design: "genesis", channels: [4, 4] })).toThrow(
      /named by their channels, so these must differ/,
    );
    expect(() => restorationLoss(tf.zeros([1]), tf.zeros([2]))).toThrow(/one shape/);
  });
});
