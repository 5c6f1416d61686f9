import { copied } from "./buffers.ts";
import type { Random } from "@dira/random";
import { checked, word } from "./options.ts";
import { forEachLine, groupsOf, scaled } from "./windows.ts";
import {
  type Box,
  type Operation,
  pixelCount,
  type Raster,
  type Transform,
  ownTransformOf,
} from "./sample.ts";

/** Per swap: start of the one patch, of the other, and their sides. */
type Swaps = { readonly swaps: readonly number[]; readonly fromOriginal: number };

/** Options of {@link patchShuffling}. */
export interface PatchShufflingOptions {
  /**
   * `"apart"`: the two patches of a swap never overlap and swaps follow one another, so that the image
   * keeps each of its pixels. `"authors"`: they may overlap and all are read from the image before the
   * first swap, as in the authors' code, whose test for overlap is always true; pixels are then lost
   * and doubled. @defaultValue "apart"
   */
  readonly overlap?: "apart" | "authors";
}

/** {@link patchShuffling} as a replayable operation. */
export function patchShufflingOperation(options: PatchShufflingOptions = {}): Operation<Swaps> {
  const { overlap: which = "apart" } = checked("patchShuffling", options, {
    overlap: word("apart", "authors"),
  });
  const mayOverlap = which === "authors";
  return {
    name: "patchShuffling",
    draw: (shape, random) => ({
      swaps: Array.from({ length: 10 }, () => drawSwap(shape, random, mayOverlap)).flat(),
      fromOriginal: mayOverlap ? 1 : 0,
    }),
    apply: (sample, { swaps, fromOriginal }) => ({
      ...sample,
      image: swapped(sample.image, swaps, fromOriginal === 1),
    }),
  };
}

function drawSwap(shape: readonly number[], random: Random, mayOverlap: boolean): number[] {
  const sides = shape.map((side) =>
    side === 1 ? 1 : Math.min(side, random.integer(scaled(10, side), scaled(15, side) + 1)),
  );
  const corner = (): number[] =>
    shape.map((side, axis) =>
      side === 1 ? 0 : random.integer(0, side - (sides[axis] as number) + 1),
    );
  for (let tries = 0; tries < 100; tries += 1) {
    const [first, second] = [corner(), corner()];
    if (mayOverlap || !overlap(first, second, sides)) return [...first, ...second, ...sides];
  }
  return []; // Nowhere to put two patches apart: the image is hardly larger than one.
}

function overlap(a: readonly number[], b: readonly number[], sides: readonly number[]): boolean {
  return sides.every((side, axis) => Math.abs((a[axis] ?? 0) - (b[axis] ?? 0)) < side);
}

function swapped(image: Raster, swaps: readonly number[], fromOriginal: boolean): Raster {
  const { shape } = image;
  const rank = shape.length;
  const data = copied(image.data);
  for (const swap of groupsOf(swaps, 3 * rank)) {
    const sides = swap.slice(2 * rank);
    const first = [...swap.slice(0, rank), ...sides];
    const second = [...swap.slice(rank, 2 * rank), ...sides];
    const source = fromOriginal ? image.data : data;
    const [a, b] = [patchOf(source, shape, first), patchOf(source, shape, second)];
    putPatch(data, shape, first, b);
    putPatch(data, shape, second, a);
  }
  return { ...image, data };
}

function patchOf(data: Float32Array, shape: readonly number[], box: Box): Float32Array {
  const length = box.at(-1) as number;
  const patch = new Float32Array(pixelCount(box.slice(shape.length)));
  forEachLine(shape, box, (from, to) => patch.set(data.subarray(from, from + length), to));
  return patch;
}

function putPatch(
  data: Float32Array,
  shape: readonly number[],
  box: Box,
  patch: Float32Array,
): void {
  const length = box.at(-1) as number;
  forEachLine(shape, box, (at, from) => data.set(patch.subarray(from, from + length), at));
}

/** Local patch shuffling: ten swaps of two equal patches, sides 10–15 of 224 pixels. */
export function patchShuffling(options: PatchShufflingOptions = {}): Transform {
  return ownTransformOf(patchShufflingOperation(options));
}
