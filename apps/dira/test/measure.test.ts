import type { ImageSet } from "@dira/data";
import { describe, expect, it } from "vitest";
import { measureTest } from "../src/finetuning/measure.ts";
import { labelMetrics } from "../src/finetuning/measure-labels.ts";
import { describeTest } from "../src/finetuning/test-network.ts";
import { taskNamed } from "../src/finetuning/tasks.ts";

const set: Pick<ImageSet, "id"> = { id: String };
/** The first label is told wholly, of four positives; the second wholly wrong, of two. */
const scores = [0, 1, 2, 3, 4, 5].map((image) => {
  const truth = [Number(image < 4), Number(image < 2)];
  return { image, truth, probabilities: Float32Array.from(truth, (y, l) => (l === 0 ? y : 1 - y)) };
});
const test = (leastPositives: number): ReturnType<typeof measureTest> =>
  measureTest(
    { ...taskNamed("chestx-ray14"), leastPositives },
    set as ImageSet,
    scores.map(({ image }) => image),
    { common: labelMetrics(scores, 0), rare: labelMetrics(scores, 1) },
  );

describe("the mean over labels", () => {
  it("is of those with enough positives, though all are measured", () => {
    expect([2, 3].map((least) => test(least).mean.value)).toEqual([0.5, 1]);
    expect(describeTest(test(3))).toMatch(
      / of 6 images; without rare, which have too few positives$/,
    );
    expect(describeTest(test(2))).toMatch(/ of 6 images$/);
    expect(test(3).each["rare"]).toMatchObject({ auroc: { value: 0 }, positives: 2, known: 6 });
  });

  it("is undefined where no label has", () => {
    expect(test(5).mean).toMatchObject({ value: undefined, low: undefined });
  });
});
