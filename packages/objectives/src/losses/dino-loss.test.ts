import { evaluate, pseudoRandom } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { EXTREME, rows, testLaws, valueOf } from "../../test/laws.ts";
import { dinoLoop } from "../../test/references.ts";
import { dinoLoss } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

const zeros = (like: tf.Tensor2D): tf.Tensor1D => tf.zeros([like.shape[1]]);

describe("dinoLoss, laws", () => {
  const options = { studentTemperature: 0.3, teacherTemperature: 0.2 };
  testLaws((s, t) => tf.tidy(() => dinoLoss(s, t, zeros(t), options)), {
    detached: [1],
    featurePermutationInvariant: true,
    paired: true,
    bounds: () => [0, Infinity],
    reference: dinoLoop(0.3, 0.2),
    finiteNorms: EXTREME,
  });
});

describe("dinoLoss, laws with a centre", () => {
  const center = [0.4, -0.3, 0.1];
  testLaws((s, t) => tf.tidy(() => dinoLoss(s, t, tf.tensor1d(center))), {
    detached: [1],
    features: [3, 3],
    paired: true,
    reference: dinoLoop(0.1, 0.04, center),
    finiteNorms: EXTREME,
    tolerance: 3e-4,
  });
});

describe("dinoLoss, examples", () => {
  it("is log K for equal students", () => {
    const loss = dinoLoss(tf.ones([4, 5]), rows(4, 5, 1), tf.zeros([5]));
    expect(valueOf(loss)).toBeCloseTo(Math.log(5), 5);
  });

  it("takes the centre off the teacher, and gives it no gradient", () => {
    const [s, t, c] = [rows(4, 5, 1), rows(4, 5, 2), tf.tensor1d(pseudoRandom([5], 3))];
    const shifted = dinoLoss(s, tf.sub(t, c), tf.zeros([5]));
    expect(valueOf(dinoLoss(s, t, c))).toBeCloseTo(valueOf(shifted), 4);
    const sample = { shape: [5], values: pseudoRandom([5], 3) };
    const { gradients } = evaluate((x) => dinoLoss(s, t, x as tf.Tensor as tf.Tensor1D), [sample]);
    expect(gradients[0]?.every((value) => value === 0)).toBe(true);
  });

  it("stays finite and right at temperatures of 0.005", () => {
    const options = { studentTemperature: 0.005, teacherTemperature: 0.005 };
    const [s, t] = [rows(4, 5, 1), rows(4, 5, 2)];
    const expected = dinoLoop(0.005, 0.005)(s.arraySync(), t.arraySync());
    expect(valueOf(dinoLoss(s, t, tf.zeros([5]), options)) / expected).toBeCloseTo(1, 5);
  });

  it("says what is wrong with the input", () => {
    const [s, t] = [rows(4, 5, 1), rows(4, 5, 2)];
    expect(() => dinoLoss(s, t, tf.zeros([4]))).toThrow(
      "dinoLoss: `center` must be [K] with K = 5 (from `teacher`), got [4].",
    );
    expect(() => dinoLoss(tf.zeros([0, 5]), tf.zeros([0, 5]), tf.zeros([5]))).toThrow(
      /dinoLoss: needs at least 1 image/,
    );
    for (const name of ["studentTemperature", "teacherTemperature"]) {
      expect(() => dinoLoss(s, t, tf.zeros([5]), { [name]: 0 })).toThrow(
        `dinoLoss: \`${name}\` must be positive, got 0.`,
      );
    }
  });
});
