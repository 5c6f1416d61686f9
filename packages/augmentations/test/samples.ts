import { createRandom } from "@dira/random";
import { type Raster, type Sample, sampleOf } from "../src/index.ts";

/** A small shape of each rank. */
export const shapes: readonly (readonly [rank: number, shape: readonly number[]])[] = [
  [2, [34, 38]],
  [3, [10, 34, 38]],
];

/** Evenly distributed pixels. */
export function noise(shape: readonly number[], seed: number): Raster {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  createRandom(seed, "noise").fillUniform(data, 0, 1);
  return { data, shape };
}

/** Pixels from a function of the index. */
export function drawn(
  shape: readonly number[],
  value: (index: readonly number[]) => number,
): Raster {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i += 1) data[i] = value(indexOf(i, shape));
  return { data, shape };
}

/** Index along each axis of a pixel's place in memory. */
export function indexOf(place: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  let rest = place;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const side = shape[axis] as number;
    index[axis] = rest % side;
    rest = Math.floor(rest / side);
  }
  return index;
}

/** Noise with a mask of four labels, a box, and a place in the world. */
export function fullSample(shape: readonly number[], seed: number): Sample {
  const image = {
    ...noise(shape, seed),
    spacing: [2.5, 0.7, 0.8].slice(-shape.length),
    origin: [-100, 50, 7].slice(-shape.length),
  };
  const mask = {
    data: Uint8Array.from(image.data, (v) => [0, 3, 7, 200][Math.floor(v * 4)] as number),
    shape,
    spacing: image.spacing,
    origin: image.origin,
  };
  const start = shape.map((side) => Math.floor(side / 4));
  const length = shape.map((side) => Math.ceil(side / 3));
  return { ...sampleOf(image, mask), boxes: [{ label: "nodule", box: [...start, ...length] }] };
}

/** All that a sample holds, to the last bit: equal texts, equal samples. */
export function exactly(sample: Sample): string {
  return JSON.stringify(sample, (_, value: unknown) =>
    ArrayBuffer.isView(value)
      ? `${value.constructor.name} ${new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join()}`
      : value,
  );
}

/** The largest difference between what is there and what should be; NaN counts as endless. */
export function worst(
  actual: ArrayLike<number>,
  expected: (place: number) => number | undefined,
): number {
  let most = 0;
  for (let i = 0; i < actual.length; i += 1) {
    const wanted = expected(i);
    if (wanted === undefined) continue;
    const error = Math.abs((actual[i] as number) - wanted);
    most = Number.isNaN(error) ? Infinity : Math.max(most, error);
  }
  return most;
}
