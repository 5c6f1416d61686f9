import type { Random } from "@dira/random";
import { type Operation, type Raster, type Transform, transformOf } from "./sample.ts";

/** `[top, left, height, width]`. */
type Window = readonly [number, number, number, number];
type Windows = { readonly windows: readonly number[] };

/** The published sizes are for 224×224; other images scale them. */
const REFERENCE = 224;

function scaled(pixels: number, side: number): number {
  return Math.max(1, Math.round((pixels * side) / REFERENCE));
}

function unpack(windows: readonly number[], length = 4): number[][] {
  return Array.from({ length: windows.length / length }, (_, i) =>
    windows.slice(i * length, (i + 1) * length),
  );
}

/** Up to ten windows; after each there is a 10 % chance to stop. */
function drawWindows(
  { shape }: Raster,
  random: Random,
  sides: (side: number) => [number, number],
): Windows {
  const windows: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const extent = shape.map((side) => {
      const [low, high] = sides(side);
      return Math.min(side, random.integer(low, Math.max(low, high) + 1));
    });
    const corner = shape.map((side, axis) => {
      const margin = scaled(3, side);
      const last = side - (extent[axis] as number) - margin;
      return last <= margin
        ? Math.max(0, Math.floor((side - (extent[axis] as number)) / 2))
        : random.integer(margin, last + 1);
    });
    windows.push(...corner, ...extent);
    if (random.bernoulli(0.1)) break;
  }
  return { windows };
}

function forEachPixel(
  [top, left, height, width]: Window,
  columns: number,
  visit: (at: number) => void,
): void {
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) visit(y * columns + x);
  }
}

/** {@link inPainting} as a replayable operation. */
export const inPaintingOperation: Operation<Windows> = {
  name: "inPainting",
  draw: (image, random) =>
    drawWindows(image, random, (side) => [scaled(10, side), scaled(70, side)]),
  apply: ({ image }, { windows }) => {
    const data = image.data.slice();
    const inpainted = new Uint8Array(data.length);
    for (const window of unpack(windows)) {
      forEachPixel(window as never, image.shape[1], (at) => {
        data[at] = 0;
        inpainted[at] = 1;
      });
    }
    return { image: { data, shape: image.shape }, inpainted };
  },
};

/**
 * In-painting (cut-out): up to ten rectangles, sides 10–70 of 224 pixels, are filled with 0; the
 * network must paint them in. {@link Sample.inpainted} tells where.
 */
export const inPainting: Transform = transformOf(inPaintingOperation);

/** {@link outPainting} as a replayable operation. */
export const outPaintingOperation: Operation<Windows> = {
  name: "outPainting",
  draw: (image, random) =>
    drawWindows(image, random, (side) => [side - scaled(70, side), side - scaled(50, side)]),
  apply: ({ image }, { windows }) => {
    const data = new Float32Array(image.data.length);
    for (const window of unpack(windows)) {
      forEachPixel(window as never, image.shape[1], (at) => {
        data[at] = image.data[at] as number;
      });
    }
    return { image: { data, shape: image.shape } };
  },
};

/** Out-painting: only up to ten windows, sides 154–174 of 224 pixels, stay; the rest becomes 0. */
export const outPainting: Transform = transformOf(outPaintingOperation);

/** Options of {@link patchShuffling}. */
export interface PatchShufflingOptions {
  /**
   * `"apart"`: the two patches of a swap never overlap. `"authors"`: they may, as in the authors'
   * code, whose test for it is always true; then pixels are lost and doubled. @defaultValue "apart"
   */
  readonly overlap?: "apart" | "authors";
}

/** {@link patchShuffling} as a replayable operation. */
export function patchShufflingOperation(options: PatchShufflingOptions = {}): Operation<Windows> {
  const mayOverlap = options.overlap === "authors";
  return {
    name: "patchShuffling",
    draw: ({ shape: [height, width] }, random) => {
      const windows: number[] = [];
      for (let swap = 0; swap < 10; swap += 1) {
        const h = random.integer(scaled(10, height), scaled(15, height) + 1);
        const w = random.integer(scaled(10, width), scaled(15, width) + 1);
        const corner = (): number[] => [
          random.integer(0, height - h + 1),
          random.integer(0, width - w + 1),
        ];
        let [first, second] = [corner(), corner()] as [number[], number[]];
        for (
          let tries = 0;
          !mayOverlap && overlaps(first, second, h, w) && tries < 100;
          tries += 1
        ) {
          [first, second] = [corner(), corner()];
        }
        if (mayOverlap || !overlaps(first, second, h, w)) windows.push(...first, ...second, h, w);
      }
      return { windows };
    },
    apply: ({ image }, { windows }) => ({ image: swapped(image, unpack(windows, 6), mayOverlap) }),
  };
}

function overlaps(a: readonly number[], b: readonly number[], h: number, w: number): boolean {
  return Math.abs((a[0] ?? 0) - (b[0] ?? 0)) < h && Math.abs((a[1] ?? 0) - (b[1] ?? 0)) < w;
}

/** Swaps pairs of patches one after the other; the authors read both from the image before all swaps. */
function swapped(image: Raster, swaps: readonly number[][], fromOriginal: boolean): Raster {
  const columns = image.shape[1];
  const data = image.data.slice();
  for (const [top1, left1, top2, left2, h, w] of swaps as [
    number,
    number,
    number,
    number,
    number,
    number,
  ][]) {
    const source = fromOriginal ? image.data : data.slice();
    for (let y = 0; y < h; y += 1) {
      const [a, b] = [(top1 + y) * columns + left1, (top2 + y) * columns + left2];
      data.set(source.subarray(b, b + w), a);
      data.set(source.subarray(a, a + w), b);
    }
  }
  return { data, shape: image.shape };
}

/** Local patch shuffling: ten swaps of two equal patches, sides 10–15 of 224 pixels. */
export function patchShuffling(options: PatchShufflingOptions = {}): Transform {
  return transformOf(patchShufflingOperation(options));
}
