import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { EXTREME, rows, testLaws, valueOf } from "../../test/laws.ts";
import { inBatchLoop } from "../../test/references.ts";
import { inBatchInfoNce } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

describe.each([0.2, 1])("inBatchInfoNce, laws at temperature %d", (temperature) => {
  testLaws((q, k) => inBatchInfoNce(q, k, { temperature }), {
    minBatch: 2,
    scaleInvariant: "rows",
    rotationInvariant: true,
    featurePermutationInvariant: true,
    signInvariant: true,
    paired: true,
    bounds: ({ N }) => [
      Math.log1p((N - 1) * Math.exp(-2 / temperature)),
      Math.log1p((N - 1) * Math.exp(2 / temperature)),
    ],
    constants: ({ N }) => Math.log(N),
    reference: inBatchLoop(temperature),
    finiteNorms: EXTREME,
  });
});

describe("inBatchInfoNce, examples", () => {
  const [q, k] = [(): tf.Tensor2D => rows(4, 3, 1), (): tf.Tensor2D => rows(4, 3, 2)];

  it("has a default temperature of 0.2", () => {
    expect(valueOf(inBatchInfoNce(q(), k()))).toBe(
      valueOf(inBatchInfoNce(q(), k(), { temperature: 0.2 })),
    );
  });

  it("takes the sum over keys, not over queries", () => {
    expect(valueOf(inBatchInfoNce(q(), k()))).not.toBeCloseTo(valueOf(inBatchInfoNce(k(), q())), 2);
  });

  it("stays finite at temperature 0.005", () => {
    const loss = (x: tf.Tensor): tf.Scalar =>
      inBatchInfoNce(x as tf.Tensor2D, k(), { temperature: 0.005 });
    const { value, grad } = tf.valueAndGrad(loss)(q());
    const expected = inBatchLoop(0.005)(q().arraySync(), k().arraySync());
    expect(valueOf(value) / expected).toBeCloseTo(1, 5);
    expect(grad.dataSync().every(Number.isFinite)).toBe(true);
  });

  it("says what is wrong with the input", () => {
    expect(() => inBatchInfoNce(rows(1, 3, 1), rows(1, 3, 2))).toThrow(
      "inBatchInfoNce: needs at least 2 images of 1 feature or more, got [1, 3]. Use a larger batch.",
    );
    expect(() => inBatchInfoNce(q(), rows(3, 3, 2))).toThrow(
      "inBatchInfoNce: `keys` must be [N, C] with N = 4 (from `queries`), got [3, 3].",
    );
    expect(() => inBatchInfoNce(q(), k(), { temperature: 0 })).toThrow(
      "inBatchInfoNce: `temperature` must be positive, got 0.",
    );
  });
});
