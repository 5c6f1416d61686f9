import type { Pixels } from "../sample.ts";
import type { Taps } from "../taps.ts";
import { plainKernels } from "./plain.ts";
import { wasmKernels } from "./wasm.ts";

/** Depth, height and width; an image has depth 1. */
export type Sides = readonly [depth: number, height: number, width: number];

/** Source coordinates of one line of a result. */
export interface Coordinates {
  readonly zs: Float64Array;
  readonly ys: Float64Array;
  readonly xs: Float64Array;
}

/** Where a line of a result comes from: fills the coordinates of its pixels in the source. */
export type LineSource = (z: number, y: number, line: Coordinates) => void;

/** One step of a jitter: `factor · x`, or the same about the mean. */
export interface JitterStep {
  readonly contrast: boolean;
  readonly factor: number;
}

/** Which blocks {@link Kernels.shuffle} shuffles. */
export interface ShufflePlan {
  /** The longest sides of a block. */
  readonly largest: Sides;
  readonly blocks: number;
  /** Philox's key; the counter starts at 0. */
  readonly key: readonly [number, number];
  /** Whether each block is read from the image as it was. */
  readonly fromOriginal: boolean;
}

/**
 * The inner loops. Each gives a new array, the same to the last bit wherever it runs: weighted sums are in
 * single precision, tap by tap, interpolation in double precision.
 */
export interface Kernels {
  /** A box of pixels as floats (unsigned ones as shares of the largest), resampled along each axis that has taps. */
  resample(
    source: Pixels,
    sides: Sides,
    start: Sides,
    lengths: Sides,
    taps: readonly (Taps | undefined)[],
  ): Float32Array;
  /** Convolution along each axis that has a kernel (of odd length); beyond the border 0 or its values. */
  convolve(
    data: Float32Array,
    sides: Sides,
    kernels: readonly (Float32Array | undefined)[],
    zero: boolean,
  ): Float32Array;
  /** Each line of the last axis, so many pixels long, backwards. */
  mirror(data: Float32Array, width: number): Float32Array;
  /** Brightness and contrast, cut to [0, 1] after each step. */
  jitter(data: Float32Array, steps: readonly JitterStep[]): Float32Array;
  /** Linear interpolation at coordinates that `fill` gives line by line; the result has the source's sides. */
  interpolate(
    data: Float32Array,
    sides: Sides,
    fill: LineSource,
    border: number,
    value: number,
  ): Float32Array;
  /** Shuffles the pixels of many blocks, each within itself. */
  shuffle(data: Float32Array, sides: Sides, plan: ShufflePlan): Float32Array;
}

let chosen: Kernels | undefined;

/** WebAssembly's kernels where it and its SIMD are allowed, else plain JavaScript's. */
export function kernels(): Kernels {
  chosen ??= wasmKernels(plainKernels) ?? plainKernels;
  return chosen;
}

/** Depth, height and width of a shape. */
export function sidesOfShape(shape: readonly number[]): Sides {
  const [height, width] = shape.slice(-2) as [number, number];
  return [shape.length === 3 ? (shape[0] as number) : 1, height, width];
}
