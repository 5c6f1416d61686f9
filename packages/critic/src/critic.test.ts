import { countParameters } from "@dira/nn";
import { expectGradient } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { adversarialLoss, patchCritic } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));
const valueOf = (x: tf.Scalar): number => x.dataSync()[0] ?? NaN;
const scores = (values: number[]): tf.Tensor => tf.tensor(values, [values.length, 1, 1, 1]);
const some = fc.array(fc.double({ min: -80, max: 80, noNaN: true }), {
  minLength: 1,
  maxLength: 6,
});
const mean = (x: number[], f: (v: number) => number): number =>
  x.reduce((s, v) => s + f(v), 0) / x.length;

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
});

describe("adversarial losses", () => {
  it("parity: the log form equals its definition, computed in float64", () => {
    const log = adversarialLoss("log");
    const softplus = (s: number): number => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));
    fc.assert(
      fc.property(some, some, (real, fake) => {
        expect(valueOf(log.generator(scores(fake)))).toBeCloseTo(
          mean(fake, (s) => softplus(-s)),
          3,
        );
        const expected = mean(real, (s) => softplus(-s)) + mean(fake, softplus);
        expect(valueOf(log.critic(scores(real), scores(fake)))).toBeCloseTo(expected, 3);
      }),
    );
  });
  it("parity: least squares equals its definition", () => {
    const squares = adversarialLoss("least-squares");
    expect(valueOf(squares.generator(scores([0, 3])))).toBeCloseTo(2.5, 5);
    expect(valueOf(squares.critic(scores([1, 2]), scores([2])))).toBeCloseTo(0.5 * (0.5 + 4), 5);
  });
  it("laws: gradients; an undecided critic is at 2 log 2", () => {
    for (const form of ["log", "least-squares"] as const) {
      expectGradient(
        (a, b) => adversarialLoss(form).critic(a, b as tf.Tensor),
        [scores([0.3, -1]), scores([2, 0.1])],
      );
      expectGradient((a) => adversarialLoss(form).generator(a), [scores([0.3, -1])]);
    }
    expect(valueOf(adversarialLoss("log").critic(scores([0]), scores([0])))).toBeCloseTo(
      2 * Math.LN2,
      5,
    );
    expect(() => adversarialLoss("bce" as "log")).toThrow(/expected "log" or "least-squares"/);
  });
});
