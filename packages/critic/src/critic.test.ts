import { countParameters } from "@dira/nn";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { patchCritic } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

describe("patchCritic", () => {
  it("parity: parameters of DiRA's critic, 28 × 28 scores at 224 × 224", () => {
    expect(countParameters(patchCritic().parameters)).toBe(1_554_433);
    expect(patchCritic({ width: 1 }).apply(tf.zeros([1, 224, 224, 1]), "train").shape).toEqual([
      1, 28, 28, 1,
    ]);
  });
  it("law: the score map follows the input in 3D too", () => {
    const critic = patchCritic({ width: 1, spatialRank: 3 });
    expect(critic.apply(tf.zeros([1, 16, 24, 32, 1]), "train").shape).toEqual([1, 2, 3, 4, 1]);
  });
  it("example: thick slices keep their depth with kernels and strides of 1 along it", () => {
    const critic = patchCritic({
      width: 1,
      spatialRank: 3,
      kernel: [1, 3, 3],
      stride: [1, 2, 2],
    });
    expect(critic.parameters["conv2.weight"]?.shape).toEqual([1, 3, 3, 1, 2]);
    expect(critic.apply(tf.zeros([1, 5, 16, 24, 1]), "train").shape).toEqual([1, 5, 2, 3, 1]);
  });
});
