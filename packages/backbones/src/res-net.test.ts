import { countParameters } from "@dira/nn";
import { createRandom } from "@dira/random";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { resNet } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

describe("resNet, parity with torchvision", () => {
  it.each([
    ["resnet18", 11_176_512, 512],
    ["resnet34", 21_284_672, 512],
    ["resnet50", 23_508_032, 2048],
  ] as const)("%s has torchvision's number of parameters", (name, count, channels) => {
    const encoder = resNet(name);
    expect(countParameters(encoder.parameters)).toBe(count);
    expect(encoder.stages.at(-1)).toEqual({ name: "layer4", channels, reduction: [32, 32] });
    tf.dispose([Object.values(encoder.parameters), Object.values(encoder.buffers)]);
  });

  it("has torchvision's names", () => {
    const names = Object.keys({
      ...resNet("resnet50", { width: 2 }).parameters,
      ...resNet("resnet50", { width: 2 }).buffers,
    });
    for (const name of [
      "conv1.weight",
      "bn1.running_var",
      "layer1.0.downsample.1.bias",
      "layer4.2.bn3.weight",
    ])
      expect(names).toContain(name);
  });
});

describe.each([2, 3] as const)("resNet, laws, %dD", (spatialRank) => {
  it("gives maps of the stated sizes and channels", () => {
    const encoder = resNet("resnet18", { spatialRank, width: 2, inChannels: 1 });
    const shape: number[] = [1, ...[32, 64, 32].slice(0, spatialRank), 1];
    const ones: tf.Tensor = tf.ones(shape);
    const x = ones as tf.Tensor4D;
    const maps = encoder.apply(x, "train");
    for (const { name, channels, reduction } of encoder.stages) {
      const sizes = reduction.map((r, axis) => (x.shape[axis + 1] ?? 0) / r);
      expect(maps[name]?.shape).toEqual([1, ...sizes, channels]);
    }
  });
});

describe("resNet, examples", () => {
  it("depends on its seed, and refuses other channels and unknown names", () => {
    const make = (seed: number): tf.Variable =>
      resNet("resnet18", { width: 2, random: createRandom(seed) }).parameters[
        "conv1.weight"
      ] as tf.Variable;
    expect(relativeError(make(1), make(1))).toBe(0);
    expect(relativeError(make(1), make(2))).toBeGreaterThan(0.5);
    const encoder = resNet("resnet18", { width: 2 });
    expect(() => encoder.apply(tf.zeros([1, 32, 32, 1]) as tf.Tensor4D, "train")).toThrow(
      /expected \[N, H, W, 3\], got \[1, 32, 32, 1\]/,
    );
    expect(() => resNet("resnet99" as "resnet18")).toThrow(/expected one of resnet18/);
  });
});
