import { conv } from "@dira/tensor";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type ChannelMap, slidingWindow, type SlidingWindowOptions } from "../index.ts";
import { importanceMap } from "./importance-map.ts";
import { windowPositions } from "./window-positions.ts";

beforeAll(() => tf.setBackend("cpu"));

const volumeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function noise(shape: readonly number[], ...key: number[]): ChannelMap {
  const data = new Float32Array(volumeOf(shape));
  createRandom("windows", ...key).fillNormal(data, 0, 1);
  return { data, shape };
}

function expectClose(found: ChannelMap, expected: ChannelMap, tolerance = 1e-5): void {
  expect(found.shape).toEqual(expected.shape);
  const worst = found.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] as number))),
    0,
  );
  expect(worst).toBeLessThanOrEqual(tolerance);
}

/** A network of 3 outputs that sees one voxel at a time. */
const pointwise = (x: tf.Tensor): tf.Tensor =>
  tf.concat([tf.mul(x, 2), tf.sigmoid(x), tf.square(x)], -1);

/** One that tells where in its window a voxel lies, and sees all of it. */
const byPlace = (x: tf.Tensor): tf.Tensor => {
  const [n = 1, ...shape] = x.shape;
  const places = tf.reshape(tf.range(0, volumeOf(shape)), [1, ...shape]);
  return tf.add(
    tf.mul(x, tf.tile(places, [n, ...shape.map(() => 1)])),
    tf.mean(x, undefined, true),
  );
};

const wholeOf = (image: ChannelMap, network: (x: tf.Tensor) => tf.Tensor): ChannelMap =>
  tf.tidy(() => {
    const [, ...shape] = network(tf.tensor(image.data, [1, ...image.shape])).shape;
    const data = network(tf.tensor(image.data, [1, ...image.shape])).dataSync() as Float32Array;
    return { data, shape };
  });

/** Images of both ranks, smaller and larger than their windows, with all options. */
const cases = fc.constantFrom(2, 3).chain((rank) =>
  fc.record({
    sides: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: rank, maxLength: rank }),
    roiSize: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: rank, maxLength: rank }),
    overlap: fc.constantFrom(0, 0.25, 0.5, 0.9),
    mode: fc.constantFrom("constant" as const, "gaussian" as const),
    batch: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(1000),
  }),
);

describe("slidingWindow, laws", () => {
  it("of a network that sees one voxel it is the network, whatever the windows", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sides, seed, ...options }) => {
        const image = noise([...sides, 1], seed);
        const whole = wholeOf(image, pointwise);
        // Sums of n weighted values and of n weights, n windows at most over a voxel: each addition, product and
        // division in float32 rounds by 2⁻²⁴ of its result, and so does the network, twice.
        const roundings = 2 * (volumeOf(options.roiSize) + 2);
        const largest = whole.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const found = await slidingWindow(image, pointwise, options);
        expectClose(found, whole, roundings * 2 ** -24 * largest);
      }),
      { numRuns: 60 },
    );
  });

  it("covers every voxel: a constant stays one, and no output is beyond the network's", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sides, seed, ...options }) => {
        const image = noise([...sides, 1], seed);
        const constant = await slidingWindow(image, (x) => tf.onesLike(x), options);
        expect(constant.data.every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
        let [low, high] = [Infinity, -Infinity];
        const bounded = (x: tf.Tensor): tf.Tensor => {
          const y = byPlace(x);
          for (const value of y.dataSync())
            [low, high] = [Math.min(low, value), Math.max(high, value)];
          return y;
        };
        const { data } = await slidingWindow(image, bounded, options);
        const room = 1e-5 * Math.max(1, -low, high);
        expect(data.every((value) => value >= low - room && value <= high + room)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("does not depend on how many windows the network takes at a time", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sides, seed, batch, ...options }) => {
        const image = noise([...sides, 1], seed);
        const alone = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.range(0, x.shape.at(-2) ?? 1).reshape([-1, 1])); // prettier-ignore
        const one = await slidingWindow(image, alone, { ...options, batch: 1 });
        expect((await slidingWindow(image, alone, { ...options, batch })).data).toEqual(one.data);
      }),
      { numRuns: 40 },
    );
  });

  it("windows that tile an image: it is the network's of each, and moves with whole windows", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(100), async ({ roiSize, mode, seed }, by) => {
        const sides = roiSize.map((side, axis) => side * (1 + ((seed + axis) % 3)));
        const image = noise([...sides, 1], seed);
        const options: SlidingWindowOptions = { roiSize, mode, overlap: 0, batch: 1 };
        const axis = by % sides.length;
        const shift = (by % 3) * (roiSize[axis] as number);
        const moved = await slidingWindow(roll(image, axis, shift), byPlace, options);
        const still = await slidingWindow(image, byPlace, options);
        expectClose(moved, roll(still, axis, shift), 1e-4);
        const first = wholeOf(crop(image, roiSize), byPlace);
        expectClose(crop(still, roiSize), first, 1e-4);
      }),
      { numRuns: 40 },
    );
  });

  it("an image is a volume of depth 1", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sides, roiSize, seed, ...options }) => {
        const [flat, roi] = [sides.slice(0, 2), roiSize.slice(0, 2)];
        const image = noise([...flat, 2], seed);
        const volume = { data: image.data, shape: [1, ...image.shape] };
        const in2d = await slidingWindow(image, byPlace, { ...options, batch: 1, roiSize: roi });
        const in3d = await slidingWindow(volume, byPlace, {
          ...options,
          batch: 1,
          roiSize: [1, ...roi],
        });
        expectClose({ data: in3d.data, shape: in3d.shape.slice(1) }, in2d);
      }),
      { numRuns: 30 },
    );
  });

  it("a convolution far from the windows' borders is that of the whole image", async () => {
    const kernel = noise([3, 3, 1, 1], 5);
    const filter = tf.tensor4d(kernel.data, [3, 3, 1, 1]);
    const smooth = (x: tf.Tensor): tf.Tensor => conv(x as tf.Tensor4D, filter, { padding: 1 });
    const image = noise([12, 20, 1], 6);
    const options = { roiSize: [12, 8], overlap: 0.5 } as const;
    const [found, whole] = [await slidingWindow(image, smooth, options), wholeOf(image, smooth)];
    filter.dispose();
    // Windows start at 0, 4, 8 and 12: the first three columns lie in one window, far from its right border.
    const columns = (map: ChannelMap): number[] =>
      [...map.data].filter((_, i) => i % 20 < 3 || i % 20 > 16);
    const [a, b] = [columns(found), columns(whole)];
    a.forEach((value, i) => expect(value).toBeCloseTo(b[i] ?? NaN, 5));
  });
});

/** Circular, towards higher indices. */
function roll({ data, shape }: ChannelMap, axis: number, by: number): ChannelMap {
  const inner = volumeOf(shape.slice(axis + 1));
  const side = shape[axis] as number;
  const moved = data.map((_, i) => {
    const index = Math.floor(i / inner) % side;
    const from = (((index - by) % side) + side) % side;
    return data[i + (from - index) * inner] as number;
  });
  return { data: moved, shape };
}

/** The corner at the first voxel. */
function crop({ data, shape }: ChannelMap, sides: readonly number[]): ChannelMap {
  const kept = [...data].filter((_, i) =>
    sides.every(
      (side, axis) =>
        Math.floor(i / volumeOf(shape.slice(axis + 1))) % (shape[axis] as number) < side,
    ),
  );
  return { data: Float32Array.from(kept), shape: [...sides, shape.at(-1) as number] };
}

describe("slidingWindow, examples", () => {
  it("has MONAI's positions", () => {
    expect(windowPositions(10, 4, 0.25)).toEqual({ before: 0, starts: [0, 3, 6] });
    expect(windowPositions(11, 4, 0.25).starts).toEqual([0, 3, 6, 7]);
    expect(windowPositions(4, 4, 0.25).starts).toEqual([0]);
    expect(windowPositions(3, 6, 0.25)).toEqual({ before: 1, starts: [-1] });
    expect(windowPositions(5, 2, 0.9).starts).toEqual([0, 1, 2, 3]);
  });

  it("has MONAI's importance: 1 at the centre, 1e-3 at least", () => {
    const map = importanceMap([3, 5], "gaussian", 0.125);
    expect(map[7]).toBe(1);
    expect(map[6]).toBeCloseTo(Math.exp(-1 / (2 * 0.625 ** 2)), 6);
    expect(map[0]).toBeCloseTo(1e-3, 9);
    expect([...importanceMap([2, 2], "constant", 0.125)]).toEqual([1, 1, 1, 1]);
  });

  it("leaves no tensor behind, and gives the engine one batch at a time", async () => {
    const before = tf.memory().numTensors;
    const taken: number[] = [];
    await slidingWindow(
      noise([20, 4, 1], 1),
      (x) => {
        taken.push(x.shape[0] ?? 0);
        return tf.add(tf.sub(x, 1), 1);
      },
      { roiSize: 4, overlap: 0, batch: 2 },
    );
    expect(taken).toEqual([2, 2, 1]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses what does not fit, and leaves no tensor behind then", async () => {
    const before = tf.memory().numTensors;
    const image = noise([8, 8, 1], 1);
    const refused = (
      options: SlidingWindowOptions,
      made = image,
      network = pointwise,
    ): Promise<unknown> =>
      slidingWindow(made, network, options).catch((error: unknown) => (error as Error).message);
    expect(await refused({ roiSize: [4, 4, 4] })).toMatch(/`roiSize`: expected one number or 2/);
    expect(await refused({ roiSize: 4 }, noise([8, 8], 1))).toMatch(
      /expected an image \[H, W, C\]/,
    );
    expect(await refused({ roiSize: 12, divisor: 8 })).toMatch(
      /multiples of \[8, 8\].*got \[12, 12\]/,
    );
    expect(await refused({ roiSize: 0 })).toMatch(/whole numbers above 0, got \[0, 0\]/);
    expect(await refused({ roiSize: 4, overlap: 1 })).toMatch(/from 0 to below 1, got 1/);
    expect(await refused({ roiSize: 4, batch: 0 })).toMatch(/`batch`/);
    expect(await refused({ roiSize: 4 }, image, (x) => tf.log(x))).toMatch(
      /gave NaN in the window at \[\d, \d\]/,
    );
    expect(await refused({ roiSize: 4 }, image, (x) => tf.sum(x, -1))).toMatch(
      /got \[4, 4, 4\]\. Resize/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});
