import { overlap, surfaceDistances } from "@dira/transfer";
import { describe, expect, it } from "vitest";
import { maskMetrics, maskScore } from "../src/finetuning/measure-masks.ts";
import type { ImagePrediction } from "../src/finetuning/predict.ts";
import { inAxesOf, maskOfImage, maskOfVolume } from "../src/predicting/predicted-mask.ts";

const STRUCTURES = [
  { name: "organ", values: [1, 2] },
  { name: "lesion", values: [2] },
];

/** Two structures on maps of different shapes, in mm; nothing true or found of the second in the last. */
const PREDICTIONS: ImagePrediction[] = [
  {
    image: 4,
    shape: [1, 2, 3, 2],
    probabilities: Float32Array.of(0.9, 0.1, 0.8, 0.6, 0.5, 0.4, 0.2, 0.7, 0, 0, 0.1, 0.9),
    mask: Uint8Array.of(1, 2, 0, 0, 0, 2),
    spacing: [3, 2, 1],
  },
  {
    image: 7,
    shape: [1, 2, 2, 2],
    probabilities: Float32Array.of(0.9, 0, 0.4, 0, 0.2, 0, 0.1, 0.3),
    mask: Uint8Array.of(1, 1, 0, 0),
    spacing: [1, 1, 1],
  },
];

describe("measures of masks", () => {
  const scores = PREDICTIONS.flatMap((prediction) => maskScore(prediction, STRUCTURES) ?? []);
  const maps = (k: number): { data: number[]; shape: number[]; spacing: readonly number[] }[] =>
    PREDICTIONS.map(({ probabilities, shape, spacing = [] }) => ({
      data: [...probabilities].filter((_, i) => i % 2 === k),
      shape: shape.slice(0, -1),
      spacing,
    }));
  const truths = (k: number): { data: number[]; shape: number[] }[] =>
    PREDICTIONS.map(({ mask = new Uint8Array(0), shape }) => ({
      data: Array.from(mask, (value) => Number(STRUCTURES[k]?.values.includes(value))),
      shape: shape.slice(0, -1),
    }));

  it.each([0, 1])("of structure %i, image by image, are those of all together", (k) => {
    const all = overlap(maps(k), truths(k));
    const { main, more, counts } = maskMetrics(scores, k, "dice");
    expect(main([0, 1])).toBeCloseTo(all.dice.mean ?? NaN, 12);
    expect(more["iou"]?.([1, 1])).toBe(all.iou.perImage[1]);
    expect([counts["pooled_dice"], counts["pooled_iou"]]).toEqual([
      all.dice.pooled,
      all.iou.pooled,
    ]);
    const [map, truth] = [maps(k)[0], truths(k)[0]];
    const binary = { ...map, data: map?.data.map((p) => Number(p >= 0.5)) ?? [], shape: map?.shape ?? [] }; // prettier-ignore
    const expected = surfaceDistances(binary, truth ?? binary);
    expect(more["hausdorff95"]?.([0])).toBe(expected.hausdorff95);
    expect(more["surface_distance"]?.([0])).toBe(expected.average);
  });

  it("count images without a surface, and leave them out of distances", () => {
    const { main, more, counts } = maskMetrics(scores, 1, "iou");
    expect(counts).toMatchObject({ undefined_distances: 1, images_with_it: 1 });
    expect(main([1])).toBe(1);
    expect(more["hausdorff95"]?.([1])).toBeUndefined();
    expect(more["hausdorff95"]?.([0, 1])).toBe(more["hausdorff95"]?.([0]));
  });

  it("leave out images without a mask, and distances in pixels beside those in mm", () => {
    const [first = PREDICTIONS[1] as ImagePrediction] = PREDICTIONS;
    const { mask: _, ...unknown } = first;
    expect(maskScore(unknown, STRUCTURES)).toBeUndefined();
    const { spacing: __, ...inPixels } = first;
    const mixed = [...scores, maskScore(inPixels, STRUCTURES) as (typeof scores)[number]];
    expect(maskMetrics(mixed, 0, "dice").more["hausdorff95"]?.([2])).toBeUndefined();
    const pixels = [maskScore(inPixels, STRUCTURES) as (typeof scores)[number]];
    expect(maskMetrics(pixels, 0, "dice").more["hausdorff95"]?.([0])).toBeGreaterThanOrEqual(0);
  });
});

describe("predicted masks", () => {
  it("take the most probable structure, and count each", () => {
    const [prediction = PREDICTIONS[1] as ImagePrediction] = PREDICTIONS;
    const seen = { data: new Int16Array(6), shape: [1, 2, 3] };
    const { mask, pixels } = maskOfVolume(prediction, seen);
    expect([...mask.data]).toEqual([1, 1, 1, 2, 0, 2]);
    expect(pixels).toEqual([3, 3]);
  });

  it("of an image lie on its own pixels: a left half stays one", () => {
    const halves = Float32Array.from({ length: 64 }, (_, i) => Number(i % 8 < 4));
    const original = { data: new Uint8Array(30 * 50), shape: [30, 50] };
    const { mask, pixels } = maskOfImage({ image: 0, probabilities: halves, shape: [8, 8, 1] }, original); // prettier-ignore
    expect(mask.shape).toEqual([30, 50]);
    mask.data.forEach((value, i) => expect(value).toBe(Number(i % 50 < 25)));
    expect(pixels).toEqual([30 * 25]);
  });

  it("of a volume have the file's axes and place", () => {
    const original = {
      data: new Int16Array(24),
      shape: [2, 3, 4],
      spacing: [1, 2, 3],
      origin: [5, 6, 7],
      direction: [
        [-1, 0, 0],
        [0, 0, 1],
        [0, -1, 0],
      ],
    };
    // On axial slices: z is the file's second axis, y its third turned round, x its first turned round.
    const axial = new Uint8Array(24);
    axial[(1 * 4 + 2) * 2 + 0] = 1;
    const { data: _, ...place } = original;
    const { data, ...placed } = inAxesOf({ data: axial, shape: [3, 4, 2], spacing: [2, 3, 1], origin: [4, -3, 7] }, original); // prettier-ignore
    expect(placed).toEqual(place);
    expect(data.indexOf(1)).toBe((1 * 3 + 1) * 4 + 1);
  });
});
