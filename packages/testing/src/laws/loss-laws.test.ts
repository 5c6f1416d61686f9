import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Loss, lossLaws, type LossLawOptions, type Rows } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

const unit = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)));

function check(a: tf.Tensor2D, b: tf.Tensor2D, least = 1): void {
  if (a.shape.join() !== b.shape.join()) throw new Error("shapes differ");
  if (a.shape[0] < least) throw new Error("too few images");
}

/** Mean of 1 − cos, right in every way. */
const cosine: Loss = (a, b) => {
  check(a, b);
  return tf.tidy(() => tf.sub(1, tf.mean(tf.sum(tf.mul(unit(a), unit(b)), 1))));
};
/** Mean squared distance, of at least two images. */
const distance: Loss = (a, b) => {
  check(a, b, 2);
  return tf.tidy(() => tf.mean(tf.square(tf.sub(a, b))));
};
const squares = (a: Rows, b: Rows): number => {
  const all = a.flatMap((row, n) => row.map((x, c) => (x - (b[n]?.[c] ?? NaN)) ** 2));
  return all.reduce((sum, x) => sum + x, 0) / all.length;
};

const ofCosine: LossLawOptions = {
  symmetric: true,
  scaleInvariant: "rows",
  rotationInvariant: true,
  featurePermutationInvariant: true,
  signInvariant: true,
  paired: true,
  bounds: () => [0, 2],
  constants: () => 0,
  finiteNorms: [1e-3, 1e9],
  seed: 1,
};
const ofDistance: LossLawOptions = {
  minBatch: 2,
  symmetric: true,
  translationInvariant: "joint",
  rotationInvariant: true,
  reference: squares,
  seed: 1,
};

/** The names of the laws that a loss breaks, among those whose name matches. */
const broken = (loss: Loss, options: LossLawOptions, among = /./): string[] =>
  lossLaws(loss, options)
    .filter(({ name }) => among.test(name))
    .flatMap(({ name, check }) => {
      try {
        check();
        return [];
      } catch {
        return [name];
      }
    });

/** `cosine` or `distance` and something added. */
const plus =
  (loss: Loss, extra: (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor): Loss =>
  (a, b) =>
    tf.tidy(() => tf.add(loss(a, b), extra(a as tf.Tensor2D, b as tf.Tensor2D)));
const rank = (x: tf.Tensor2D): tf.Tensor => tf.range(0, x.shape[0]).expandDims(1);
const column = (x: tf.Tensor2D): tf.Tensor => tf.range(0, x.shape[1]);

const faults: [law: RegExp, what: string, loss: Loss, options: LossLawOptions][] = [
  [/finite/, "a root at 0", plus(cosine, (a) => tf.sum(tf.sqrt(tf.sub(a, a)))), ofCosine],
  [/finite/, "an exponential that overflows", plus(distance, (a) => tf.sum(tf.exp(a))), ofDistance],
  [
    /change its inputs/,
    "a write into its input",
    (a, b) => {
      (a.dataSync() as Float32Array)[0] = 5;
      return cosine(a, b);
    },
    ofCosine,
  ],
  [/no tensor behind/, "a kept tensor", plus(cosine, () => tf.keep(tf.scalar(0))), ofCosine],
  [
    /permutation of the batch/,
    "weights by row",
    plus(cosine, (a) => tf.sum(tf.mul(a, rank(a)))),
    ofCosine,
  ],
  [
    /central differences/,
    "a gradient twice too long",
    (a, b) => {
      const twice = tf.customGrad((x) => ({
        value: tf.clone(x as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2),
      }));
      return twice(cosine(a, b)) as tf.Scalar;
    },
    ofCosine,
  ],
  [
    /hide a NaN/,
    "a NaN made 0",
    (a, b) => cosine(tf.where(tf.isNaN(a), 0, a) as tf.Tensor2D, b as tf.Tensor2D),
    ofCosine,
  ],
  [/refuses fewer/, "one image taken", cosine, { ...ofCosine, minBatch: 2 }],
  [/takes a batch/, "two images refused", distance, { ...ofDistance, minBatch: 1 }],
  [
    /different shapes/,
    "broadcasting",
    (a, b) => tf.tidy(() => tf.mean(tf.square(tf.sub(a, b)))),
    ofDistance,
  ],
  [/detached/, "a gradient to the target", cosine, { ...ofCosine, detached: [1] }],
  [
    /detached/,
    "no gradient at all",
    plus(
      () => tf.zeros([]),
      (a) => tf.sum(tf.sign(a)),
    ),
    { detached: [1] },
  ],
  [/order of its views/, "one view more", plus(cosine, (a) => tf.sum(unit(a))), ofCosine],
  [/length of embeddings/, "lengths", plus(cosine, (a) => tf.sum(tf.square(a))), ofCosine],
  [/not along them/, "lengths", plus(cosine, (a) => tf.sum(tf.square(a))), ofCosine],
  [/scale of each feature/, "a distance", distance, { ...ofDistance, scaleInvariant: "features" }],
  [/orthogonal map/, "absolute values", plus(cosine, (a) => tf.sum(tf.abs(unit(a)))), ofCosine],
  [/one offset of all/, "lengths", plus(distance, (a, b) => tf.sum(tf.mul(a, b))), ofDistance],
  [/offset of each/, "a distance", distance, { ...ofDistance, translationInvariant: "each" }],
  [
    /permutation of features/,
    "weights by feature",
    plus(cosine, (a, b) => tf.sum(tf.mul(tf.mul(unit(a), unit(b)), column(a)))),
    ofCosine,
  ],
  [/features' signs/, "a sum", plus(cosine, (a) => tf.sum(unit(a))), ofCosine],
  [
    /which rows pair/,
    "means of views",
    (a, b) => cosine(tf.mean(a, 0, true), tf.mean(b, 0, true)),
    ofCosine,
  ],
  [/bounds/, "twice the loss", (a, b) => tf.tidy(() => tf.mul(cosine(a, b), 2)), ofCosine],
  [/constant embeddings/, "an offset", plus(cosine, () => tf.scalar(0.01)), ofCosine],
  [
    /equals its reference/,
    "another factor",
    (a, b) => tf.tidy(() => tf.mul(distance(a, b), 1.01)),
    ofDistance,
  ],
  [
    /reference's gradient/,
    "another factor",
    (a, b) => tf.tidy(() => tf.mul(distance(a, b), 1.01)),
    ofDistance,
  ],
];

describe("lossLaws", () => {
  it("are kept by right losses", () => {
    expect(broken(cosine, ofCosine)).toEqual([]);
    expect(broken(distance, ofDistance)).toEqual([]);
  });

  it.each(faults)("%s catches %s", (law, _, loss, options) => {
    expect(broken(loss, options, law)).not.toEqual([]);
  });

  it("say what broke", () => {
    const law = lossLaws(
      plus(cosine, () => tf.scalar(0.5)),
      ofCosine,
    ).find(({ name }) => name.includes("constant"));
    expect(() => law?.check()).toThrow(/constant embeddings: expected 0 ± 0.0001, got 0\.5/);
  });
});
