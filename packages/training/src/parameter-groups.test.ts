import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { adam, adamW, isVector, lars, type ParameterGroup, sgd } from "./index.ts";
import { resolveGroups } from "./parameter-groups.ts";

beforeAll(() => tf.setBackend("cpu"));

const three = (): Record<string, tf.Variable> => ({
  "conv.weight": tf.variable(tf.ones([2, 2])),
  "norm.weight": tf.variable(tf.ones([2])),
  "norm.bias": tf.variable(tf.ones([2])),
});
const zeros = (parameters: Record<string, tf.Variable>): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(parameters).map(([n, p]) => [n, tf.zerosLike(p)]));
const firsts = (parameters: Record<string, tf.Variable>): number[] =>
  Object.values(parameters).map((p) => p.dataSync()[0] ?? NaN);

describe("examples: parameter groups", () => {
  it("put each parameter into the first group that takes it, the rest into a last one", () => {
    const resolved = resolveGroups("here", {
      parameters: three(),
      weightDecay: 0.5,
      groups: [
        { parameters: ["norm.bias"], learningRateFactor: 2 },
        { parameters: isVector, weightDecay: 0 },
        { parameters: (name) => name.startsWith("head"), weightDecay: 9 },
      ],
    });
    expect(resolved).toMatchObject([
      { names: ["norm.bias"], learningRateFactor: 2, weightDecay: 0.5 },
      { names: ["norm.weight"], learningRateFactor: 1, weightDecay: 0 },
      { names: ["conv.weight"], learningRateFactor: 1, weightDecay: 0.5 },
    ]);
  });

  it("decay only what they are told to, at their own rate", () => {
    for (const make of [sgd, adamW]) {
      const parameters = three();
      const optimiser = make({
        parameters,
        weightDecay: 0.5,
        groups: [
          { parameters: ["norm.bias"], weightDecay: 0 },
          { parameters: ["norm.weight"], learningRateFactor: 0.5 },
        ],
      });
      optimiser.update(zeros(parameters), 0.5);
      expect(firsts(parameters)).toEqual([0.75, 0.875, 1]);
    }
  });

  it("refuse unknown names, names given twice and numbers out of range", () => {
    const parameters = three();
    const make = (...groups: ParameterGroup[]): (() => void)[] =>
      [sgd, adam, adamW, lars].map((optimiser) => () => void optimiser({ parameters, groups }));
    for (const create of make({ parameters: ["norm.wieght"] })) {
      expect(create).toThrow(/groups\[0\] names `norm\.wieght`, which is none of the 3 parameters/);
    }
    for (const create of make({ parameters: ["norm.bias"] }, { parameters: ["norm.bias"] })) {
      expect(create).toThrow(/`norm\.bias` must be in one group.*groups\[0\] and groups\[1\]/);
    }
    for (const create of make({ parameters: isVector, weightDecay: -1 })) {
      expect(create).toThrow(/`groups\[0\]\.weightDecay` must be at least 0, got -1/);
    }
    for (const create of make({ parameters: isVector, learningRateFactor: NaN })) {
      expect(create).toThrow(/`groups\[0\]\.learningRateFactor`.*got NaN/);
    }
  });
});
