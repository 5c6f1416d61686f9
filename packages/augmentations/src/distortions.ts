import type { Random } from "@dira/random";
import { forEachLine } from "./resize.ts";
import { type Operation, type Transform, transformOf } from "./sample.ts";

type Windows = { readonly windows: readonly number[] };

/** The published sizes are for 224×224; other sides scale them. */
const REFERENCE = 224;

/** A published size in pixels, on an axis of this many pixels. */
export function scaled(pixels: number, side: number): number {
  return Math.max(1, Math.round((pixels * side) / REFERENCE));
}

/** A flat list in groups of equal length. */
export function groupsOf(numbers: readonly number[], length: number): number[][] {
  return Array.from({ length: numbers.length / length }, (_, i) =>
    numbers.slice(i * length, (i + 1) * length),
  );
}

/** Up to ten windows `[start …, length …]`; after each there is a 10 % chance to stop. */
function drawWindows(
  shape: readonly number[],
  random: Random,
  sides: (side: number) => [number, number],
): Windows {
  const windows: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const extent = shape.map((side) => {
      if (side === 1) return 1;
      const [low, high] = sides(side).map((n) => Math.min(side, Math.max(1, n)));
      return random.integer(low as number, (high as number) + 1);
    });
    const corner = shape.map((side, axis) => {
      const room = side - (extent[axis] as number);
      const margin = scaled(3, side);
      if (room < 2 * margin) return Math.floor(room / 2);
      return random.integer(margin, room - margin + 1);
    });
    windows.push(...corner, ...extent);
    if (random.bernoulli(0.1)) break;
  }
  return { windows };
}

function forEachRun(
  shape: readonly number[],
  windows: readonly number[],
  visit: (from: number, to: number) => void,
): void {
  for (const window of groupsOf(windows, 2 * shape.length)) {
    const length = window.at(-1) as number;
    forEachLine(shape, window, (from) => visit(from, from + length));
  }
}

/** {@link inPainting} as a replayable operation. */
export const inPaintingOperation: Operation<Windows> = {
  name: "inPainting",
  draw: (shape, random) =>
    drawWindows(shape, random, (side) => [scaled(10, side), scaled(70, side)]),
  apply: (sample, { windows }) => {
    const { image } = sample;
    const data = image.data.slice();
    const inpainted = sample.inpainted?.slice() ?? new Uint8Array(data.length);
    forEachRun(image.shape, windows, (from, to) => {
      data.fill(0, from, to);
      inpainted.fill(1, from, to);
    });
    return { ...sample, image: { ...image, data }, inpainted };
  },
};

/**
 * In-painting (cut-out): up to ten windows, sides 10–70 of 224 pixels, at least 3 from the border, are
 * filled with 0; the network must paint them in. `Sample.inpainted` tells where.
 */
export const inPainting: Transform = transformOf(inPaintingOperation);

/** {@link outPainting} as a replayable operation. */
export const outPaintingOperation: Operation<Windows> = {
  name: "outPainting",
  draw: (shape, random) =>
    drawWindows(shape, random, (side) => [side - scaled(70, side), side - scaled(50, side)]),
  apply: (sample, { windows }) => {
    const { image } = sample;
    const data = new Float32Array(image.data.length);
    forEachRun(image.shape, windows, (from, to) => data.set(image.data.subarray(from, to), from));
    return { ...sample, image: { ...image, data } };
  },
};

/** Out-painting: only up to ten windows, sides 154–174 of 224 pixels, stay; the rest becomes 0. */
export const outPainting: Transform = transformOf(outPaintingOperation);
