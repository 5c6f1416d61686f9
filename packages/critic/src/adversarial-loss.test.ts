import { expectGradient } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { adversarialLoss } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));
const valueOf = (x: tf.Scalar): number => x.dataSync()[0] ?? NaN;
const scores = (values: number[]): tf.Tensor => tf.tensor(values, [values.length, 1, 1, 1]);
const some = fc.array(fc.double({ min: -80, max: 80, noNaN: true }), {
  minLength: 1,
  maxLength: 6,
});
const mean = (x: number[], f: (v: number) => number): number =>
  x.reduce((s, v) => s + f(v), 0) / x.length;
const softplus = (s: number): number => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));

/** Per score: what the critic makes of a real one and of a restored one, and the generator of its own. */
const definitions = {
  log: { real: (s: number) => softplus(-s), fake: softplus, own: (s: number) => softplus(-s) },
  "least-squares": {
    real: (s: number) => 0.5 * (s - 1) ** 2,
    fake: (s: number) => 0.5 * s ** 2,
    own: (s: number) => (s - 1) ** 2,
  },
  hinge: {
    real: (s: number) => Math.max(0, 1 - s),
    fake: (s: number) => Math.max(0, 1 + s),
    own: (s: number) => -s,
  },
  "wgan-gp": { real: (s: number) => -s, fake: (s: number) => s, own: (s: number) => -s },
} as const;
const forms = Object.keys(definitions) as (keyof typeof definitions)[];

describe.each(forms)("the adversarial loss `%s`", (form) => {
  const loss = adversarialLoss(form);
  const definition = definitions[form];

  it("parity: equals its definition, computed in float64", () => {
    const expectNear = (value: tf.Scalar, expected: number): void => {
      expect(Math.abs(valueOf(value) - expected)).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
    };
    fc.assert(
      fc.property(some, some, (real, fake) => {
        // The scores as float32 has them.
        const [r, f] = [[...scores(real).dataSync()], [...scores(fake).dataSync()]];
        expectNear(loss.generator(scores(fake)), mean(f, definition.own));
        const critic = mean(r, definition.real) + mean(f, definition.fake);
        const size = mean(r, (s) => Math.abs(definition.real(s)));
        const value = valueOf(loss.critic(scores(real), scores(fake)));
        expect(Math.abs(value - critic)).toBeLessThan(1e-5 * (1 + size + Math.abs(critic)));
      }),
    );
  });

  it("law: gradients", () => {
    const [real, fake] = [scores([0.3, -1]), scores([2, 0.1])];
    expectGradient((a, b) => loss.critic(a as tf.Tensor, b as tf.Tensor), [real, fake]);
    expectGradient((a) => loss.generator(a as tf.Tensor), [fake]);
  });

  it("law: at the boundary the critic pulls equally hard at real and restored", () => {
    const { boundary } = loss;
    if (boundary === undefined) return expect(form).toBe("wgan-gp");
    const slope = tf.grads((...[a, b]) => loss.critic(a as tf.Tensor, b as tf.Tensor));
    const [real, fake] = slope([scores([boundary]), scores([boundary])]);
    expect(real?.dataSync()[0]).toBeCloseTo(-(fake?.dataSync()[0] ?? NaN), 5);
    expect(fake?.dataSync()[0]).toBeGreaterThan(0);
  });
});

describe("adversarial losses, examples", () => {
  it("an undecided critic is at 2 log 2, or at 2 by the hinge", () => {
    const at = (form: "log" | "hinge"): number =>
      valueOf(adversarialLoss(form).critic(scores([0]), scores([0])));
    expect(at("log")).toBeCloseTo(2 * Math.LN2, 5);
    expect(at("hinge")).toBe(2);
  });

  it("only wgan-gp has a penalty; says what it does not know", () => {
    expect(forms.filter((form) => adversarialLoss(form).penalty !== undefined)).toEqual([
      "wgan-gp",
    ]);
    expect(() => adversarialLoss("bce" as "log")).toThrow(
      /expected "log", "least-squares", "hinge" or "wgan-gp", got "bce"/,
    );
    for (const gradientPenalty of [-1, NaN, Infinity])
      expect(() => adversarialLoss("wgan-gp", { gradientPenalty })).toThrow(
        /`gradientPenalty` must be a number from 0 on/,
      );
  });
});
