import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  embeddings,
  featureMaps,
  goldenLosses,
  goldenTable,
  images,
  queues,
  type Sample,
  toTensor,
  views,
} from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const norms = ({ shape: [N = 0, C = 1], values }: Sample): number[] =>
  Array.from({ length: N }, (_, n) => Math.hypot(...values.subarray(n * C, (n + 1) * C)));

describe("arbitraries", () => {
  it("views have one shape, other numbers, and the lengths asked for", () => {
    fc.assert(
      fc.property(views(3, { batch: [1, 4], features: [2, 5], norms: [1e-20, 1e15] }), (all) => {
        const [a, b, c] = all as [Sample, Sample, Sample];
        expect([b.shape, c.shape]).toEqual([a.shape, a.shape]);
        expect(a.values).not.toEqual(b.values);
        expect(b.values).not.toEqual(c.values);
        for (const norm of all.flatMap(norms)) {
          expect(norm).toBeGreaterThan(0.99e-20);
          expect(norm).toBeLessThan(1.01e15);
        }
      }),
      { numRuns: 50 },
    );
    const drawn = fc.sample(embeddings({ norms: [1e-20, 1e15] }), 100).flatMap(norms);
    expect(Math.min(...drawn)).toBeLessThan(1e-15);
    expect(Math.max(...drawn)).toBeGreaterThan(1e10);
  });

  it("queues have rows of length one", () => {
    fc.assert(
      fc.property(queues({ size: [3, 9], features: [4, 4] }), (queue) => {
        expect(queue.shape[1]).toBe(4);
        for (const norm of norms(queue)) expect(norm).toBeCloseTo(1, 5);
      }),
    );
  });

  it.each([2, 3] as const)("feature maps and images of rank %i", (spatialRank) => {
    fc.assert(
      fc.property(featureMaps({ spatialRank }), images({ spatialRank }), (map, image) => {
        expect([map.shape.length, image.shape.length]).toEqual([spatialRank + 2, spatialRank + 2]);
        expect(image.values.every((x) => x > 0 && x < 1)).toBe(true);
        const tensor = toTensor<tf.Tensor>(map);
        expect(tensor.shape).toEqual(map.shape);
        tensor.dispose();
      }),
    );
  });
});

describe("golden losses", () => {
  it("have a gradient of each input's shape, or none", () => {
    expect(Object.keys(goldenLosses)).toHaveLength(12);
    for (const { inputs, gradients } of Object.values(goldenLosses)) {
      expect(gradients).toHaveLength(inputs.length);
      gradients.forEach((gradient, i) => {
        const { size } = goldenTable(inputs[i] ?? "z1");
        if (gradient !== null) expect(gradient).toHaveLength(size);
      });
    }
  });

  it("have the inputs that their formulas say", () => {
    const z1 = goldenTable("z1").arraySync();
    expect(z1[0]?.[0]).toBeCloseTo(Math.sin(1), 6);
    expect(z1[5]?.[3]).toBeCloseTo(Math.sin(24), 6);
    expect(goldenTable("queue").shape).toEqual([8, 4]);
    for (const row of goldenTable("queue").arraySync())
      expect(Math.hypot(...row)).toBeCloseTo(1, 6);
  });
});
