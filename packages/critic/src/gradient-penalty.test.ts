import { startEngine } from "@dira/engine";
import { createRandom } from "@dira/random";
import { valueAndGradients, withGradient, withoutGradient } from "@dira/tensor";
import { expectGradient, expectNoLeak, pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { type Critic, gradientPenalty, patchCritic, type Score } from "./index.ts";

const engines = await enginesHere();
const valueOf = (x: tf.Tensor): number => x.dataSync()[0] ?? NaN;
const random = (shape: number[], seed: number): tf.Tensor =>
  tf.tensor(pseudoRandom(shape, seed), shape);

/** A small critic whose weights are large enough for slopes near 1, without strides. */
function smallCritic(spatialRank: 2 | 3, checkpoint = false): Critic {
  const critic = patchCritic({ spatialRank, width: 1, stride: 1, checkpoint });
  Object.values(critic.parameters).forEach((variable, i) =>
    variable.assign(tf.tidy(() => tf.mul(random(variable.shape, i + 1), 0.8))),
  );
  return critic;
}

/**
 * Real and restored images. Small: at each activation's kink the slope jumps, and the penalty with it, so that
 * differences mean something only where no activation is near its kink.
 */
function images(spatialRank: 2 | 3): [tf.Tensor, tf.Tensor] {
  const shape = [2, ...[3, 4, 2].slice(0, spatialRank), 1];
  return [random(shape, 21), random(shape, 22)];
}

/** What the penalty depends on: instance norm cancels three biases, and the slope the last. */
const moving = ({ parameters }: Critic): tf.Variable[] =>
  Object.entries(parameters)
    .filter(([name]) => !/conv[2-5].bias/.test(name))
    .map(([, variable]) => variable);

const scoreOf =
  (critic: Critic): Score =>
  (x) =>
    critic.apply(x, "train");
const penaltyOf = (score: Score, [real, fake]: readonly [tf.Tensor, tf.Tensor]): tf.Scalar =>
  gradientPenalty(score, real, fake, createRandom("penalty"));

/** The penalty as a function of the critic's weights. */
function ofWeights(variables: readonly tf.Variable[], penalty: () => tf.Scalar) {
  const gradient = (dy: tf.Tensor): tf.Tensor[] =>
    valueAndGradients(penalty, variables).gradients.map((g) => tf.mul(g as tf.Tensor, dy));
  return (...weights: tf.Tensor[]): tf.Tensor => {
    variables.forEach((variable, i) => variable.assign(tf.clone(weights[i] as tf.Tensor)));
    const value = penalty();
    return withGradient(weights, () => ({ value: tf.clone(value), gradient }));
  };
}

/** Right to the first order; a tenth of it is a constant to the second. */
function forgetful(score: Score): Score {
  const identity = (x: tf.Tensor): tf.Tensor =>
    withGradient([x], () => ({
      value: tf.clone(x),
      gradient: (dy) => [
        tf.add(
          tf.mul(dy, 0.9),
          withoutGradient(() => tf.mul(dy, 0.1)),
        ),
      ],
    }));
  return (x) => score(identity(x));
}

describe.each(engines)("gradientPenalty on %s", (engine) => {
  beforeAll(() => startEngine(engine));
  afterAll(() => tf.disposeVariables());

  describe.each([2, 3] as const)("%dD", (spatialRank) => {
    it("law: the gradient in the critic's weights equals differences, which a planted error fails", () => {
      tf.tidy(() => {
        const critic = smallCritic(spatialRank);
        const given = images(spatialRank);
        const check = (score: Score): void => {
          const weights = moving(critic).map((v) => tf.clone(v) as tf.Tensor);
          const penalty = ofWeights(moving(critic), () => penaltyOf(score, given));
          // Differences of a float32 slope over so short a step are certain to 1.1 % on some engines; a tenth is planted.
          expectGradient(penalty, weights, { directions: 1, tolerance: 3e-2, step: 2e-3 });
        };
        check(scoreOf(critic));
        expect(() => check(forgetful(scoreOf(critic)))).toThrow(/accepted is a difference/);
      });
    });

    it("law: the same through a checkpointed critic, but for the order of sums", () => {
      const both = [false, true].map((checkpoint) => {
        const critic = smallCritic(spatialRank, checkpoint);
        const { value, gradients } = valueAndGradients(
          () => penaltyOf(scoreOf(critic), images(spatialRank)),
          moving(critic),
        );
        return [value, ...(gradients as tf.Tensor[])];
      }) as [tf.Tensor[], tf.Tensor[]];
      both[0].forEach((plain, i) => {
        expect(relativeError(both[1][i] as tf.Tensor, plain)).toBeLessThan(1e-5);
      });
    });
  });
});

describe("gradientPenalty", () => {
  beforeAll(() => tf.setBackend("cpu"));
  const shape = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }));

  it("parity: of a linear score it is its slope's, whatever the images", () => {
    fc.assert(
      fc.property(shape, fc.double({ min: -4, max: 4, noNaN: true }), ([n, side], slope) => {
        tf.tidy(() => {
          const given = [random([n, side, side, 1], 1), random([n, side, side, 1], 2)] as const;
          // The mean over a map of m scores: a slope of slope / m in each of m directions.
          const penalty = valueOf(penaltyOf((x) => tf.mul(x, slope), given));
          expect(penalty).toBeCloseTo((Math.abs(slope) / side - 1) ** 2, 4);
        });
      }),
      { numRuns: 30 },
    );
  });

  it("parity: images between real and fake by one ε an image, in float64", () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 0, max: 1000 }), ([n, side], seed) => {
        tf.tidy(() => {
          const size = side * side;
          const [real, fake] = [1, 2].map((i) => random([n, side, side, 1], seed + i)) as [
            tf.Tensor,
            tf.Tensor,
          ];
          const half = (x: tf.Tensor): tf.Tensor => tf.mul(tf.square(x), size / 2);
          const penalty = gradientPenalty(half, real, fake, createRandom(seed));
          const stream = createRandom(seed);
          const [r, f] = [real.dataSync(), fake.dataSync()];
          const terms = Array.from({ length: n }, (_, i) => {
            const share = stream.uniform();
            const between = Array.from({ length: size }, (__, j) => {
              const at = i * size + j;
              return share * (r[at] ?? NaN) + (1 - share) * (f[at] ?? NaN);
            });
            return (Math.hypot(...between) - 1) ** 2;
          });
          expect(valueOf(penalty)).toBeCloseTo(terms.reduce((a, b) => a + b, 0) / n, 4);
        });
      }),
      { numRuns: 30 },
    );
  });

  it("law: parts of a batch from one stream make the whole's", () => {
    const critic = smallCritic(2);
    const [real, fake] = [random([5, 8, 8, 1], 3), random([5, 8, 8, 1], 4)];
    const whole = penaltyOf(scoreOf(critic), [real, fake]);
    const stream = createRandom("penalty");
    const sum = [
      [0, 2],
      [2, 3],
    ].reduce((total, [start = 0, count = 0]) => {
      const rows = (x: tf.Tensor): tf.Tensor => tf.slice(x, [start], [count]);
      const part = gradientPenalty(scoreOf(critic), rows(real), rows(fake), stream);
      return total + (valueOf(part) * count) / 5;
    }, 0);
    expect(sum).toBeCloseTo(valueOf(whole), 5);
    const again = penaltyOf(scoreOf(critic), [real, fake]);
    expect(valueOf(again)).toBe(valueOf(whole));
    const other = gradientPenalty(scoreOf(critic), real, fake, createRandom("another"));
    expect(valueOf(other)).not.toBe(valueOf(whole));
    tf.dispose(Object.values(critic.parameters));
  });

  it("law: the gradient is finite where the slope is 0", () => {
    const weight = tf.variable(tf.scalar(0));
    const score: Score = (x) => tf.mul(x, weight);
    const given = [random([2, 2, 2, 1], 1), random([2, 2, 2, 1], 2)] as const;
    const { value, gradients } = valueAndGradients(() => penaltyOf(score, given), [weight]);
    expect(valueOf(value)).toBe(1);
    expect(gradients.map((g) => valueOf(g as tf.Tensor))).toEqual([0]);
    tf.dispose([weight, value, gradients as tf.Tensor[]]);
  });

  it("leaves nothing but the penalty and its gradients", () => {
    const critic = smallCritic(2);
    const given = images(2);
    const weights = moving(critic);
    expectNoLeak(() => penaltyOf(scoreOf(critic), given), 1);
    expectNoLeak(() => {
      const { value, gradients } = valueAndGradients(
        () => penaltyOf(scoreOf(critic), given),
        weights,
      );
      return [value, ...(gradients as tf.Tensor[])];
    }, 1 + weights.length);
    tf.dispose(Object.values(critic.parameters));
  });

  it("examples: says what does not fit", () => {
    const [a, b] = [tf.zeros([1, 2, 2, 1]), tf.zeros([2, 2, 2, 1])];
    expect(() => penaltyOf((x) => x, [a, b])).toThrow(/one shape, got \[1, 2, 2, 1\] and \[2, 2/);
    expect(() => penaltyOf(() => tf.ones([1, 1]), [a, a])).toThrow(/does not depend on the image/);
  });
});
