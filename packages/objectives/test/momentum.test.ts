import { followParameters } from "@dira/nn";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cosineMomentum } from "../src/index.ts";

beforeAll(() => tf.setBackend("cpu"));

const variable = (values: number[]): tf.Variable => tf.variable(tf.tensor1d(values));
const start = [1, -2, 0.5];
const source = [0.25, 4, -3];

describe("the momentum of a twin", () => {
  it("is the closed form after n steps: mⁿ θ′ + (1 − mⁿ) θ", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 30 }),
        (momentum, steps) => {
          const [twin, learner] = [variable(start), variable(source)];
          for (let i = 0; i < steps; i += 1) {
            followParameters({ w: twin }, { w: learner }, momentum);
          }
          const kept = momentum ** steps;
          twin.dataSync().forEach((value, i) => {
            const expected = kept * (start[i] ?? NaN) + (1 - kept) * (source[i] ?? NaN);
            expect(Math.abs(value - expected)).toBeLessThan(1e-5);
          });
          expect([...learner.dataSync()]).toEqual(source);
          tf.dispose([twin, learner]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("freezes at 1 and copies at 0, to the bit", () => {
    const [twin, learner] = [variable(start), variable(source)];
    followParameters({ w: twin }, { w: learner }, 1);
    expect([...twin.dataSync()]).toEqual(start);
    followParameters({ w: twin }, { w: learner }, 0);
    expect([...twin.dataSync()]).toEqual(source);
  });

  it("rises from its base to exactly 1 by a cosine, half way at half time", () => {
    expect(cosineMomentum(0.996, 0)).toBe(0.996);
    expect(cosineMomentum(0.996)).toBe(0.996);
    expect(cosineMomentum(0.996, 1)).toBe(1);
    expect(cosineMomentum(0.99, 0.5)).toBeCloseTo(0.995, 12);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (base, a, b) => {
        const [sooner, later] = [a, b].toSorted((x, y) => x - y) as [number, number];
        expect(cosineMomentum(base, sooner)).toBeLessThanOrEqual(cosineMomentum(base, later));
      }),
    );
  });
});
