// Where the windows of convolutions and pools lie, in two dimensions of space or in three.
import type * as tf from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";

type Info2D = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Info3D = ReturnType<typeof tf.backend_util.computeConv3DInfo>;

/** What tfjs-core works out of a convolution's or a pool's attributes. */
export type WindowInfo = Info2D | Info3D;

/** One axis of space. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding at its beginning. */
  readonly before: number;
}

/** Windows as ATen's operators take them, a number for each axis of space. */
export interface Windows {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Padding at both ends, which the operator does itself. */
  readonly padding: readonly number[];
  /** What an input has to be lengthened by at each end before, where the two ends differ; negative shortens it. */
  readonly margins: readonly (readonly [number, number])[] | undefined;
  /** The input's sizes in space, with its margins. */
  readonly seen: readonly number[];
  /** How many windows there are. */
  readonly output: readonly number[];
}

const constantPad = aten("constant_pad_nd");

/** The windows of a convolution of TensorFlow.js. */
export function convolutionWindows(info: WindowInfo): Windows {
  return windowsAlong(axesOf(info));
}

/**
 * The windows of a convolution. Along an axis with a single one no stride is taken, so it is said to be 1: LibTorch
 * 2.13's oneDNN gives wrong values for images of one channel where the last axis has one window and a stride.
 */
export function windowsAlong(given: readonly Axis[]): Windows {
  const axes = given.map((axis) => (axis.output === 1 ? { ...axis, stride: 1 } : axis));
  return windowsOf(axes, axes.every(isSymmetric));
}

/** The windows of a pool, which ATen pads by at most half their size. */
export function poolWindows(info: WindowInfo): Windows {
  const axes = axesOf(info);
  const fits = axes.every((axis) => isSymmetric(axis) && 2 * axis.before <= axis.size);
  return windowsOf(axes, fits);
}

/** An input in ATen's layout with its margins. */
export function withMargins(x: Slot, { margins }: Pick<Windows, "margins">, fill: number): Slot {
  return margins === undefined ? x : constantPad(x, lastFirst(margins), fill);
}

/** The gradient of {@link withMargins}. */
export function withoutMargins(gradient: Slot, { margins }: Pick<Windows, "margins">): Slot {
  if (margins === undefined) return gradient;
  const negated = lastFirst(margins).map((size) => -size);
  return constantPad(gradient, negated, 0);
}

function windowsOf(axes: readonly Axis[], symmetric: boolean): Windows {
  const common = {
    size: axes.map(({ size }) => size),
    stride: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    output: axes.map(({ output }) => output),
  };
  if (symmetric) {
    const [padding, seen] = [axes.map(({ before }) => before), axes.map(({ input }) => input)];
    return { ...common, padding, margins: undefined, seen };
  }
  const margins = axes.map((axis) => [axis.before, after(axis)] as const);
  const seen = axes.map((axis) => axis.input + axis.before + after(axis));
  return { ...common, padding: axes.map(() => 0), margins, seen };
}

/** Whether the same padding at the end as at the beginning gives as many outputs as there should be. */
function isSymmetric(axis: Axis): boolean {
  const { input, output, stride, before } = axis;
  return before >= 0 && Math.floor((input + 2 * before - reach(axis)) / stride) + 1 === output;
}

/** What is missing at the end to the last window's last place. */
function after(axis: Axis): number {
  return (axis.output - 1) * axis.stride + reach(axis) - axis.input - axis.before;
}

/** Places from a window's first to its last. */
function reach({ size, dilation }: Axis): number {
  return (size - 1) * dilation + 1;
}

/** As `constant_pad_nd` wants it: the last axis first. */
function lastFirst(margins: readonly (readonly [number, number])[]): number[] {
  return margins.toReversed().flat();
}

function axesOf(info: WindowInfo): Axis[] {
  const height = {
    input: info.inHeight,
    output: info.outHeight,
    size: info.filterHeight,
    stride: info.strideHeight,
    dilation: info.dilationHeight,
    before: info.padInfo.top,
  };
  const width = {
    input: info.inWidth,
    output: info.outWidth,
    size: info.filterWidth,
    stride: info.strideWidth,
    dilation: info.dilationWidth,
    before: info.padInfo.left,
  };
  if (!("inDepth" in info)) return [height, width];
  const depth = {
    input: info.inDepth,
    output: info.outDepth,
    size: info.filterDepth,
    stride: info.strideDepth,
    dilation: info.dilationDepth,
    before: info.padInfo.front,
  };
  return [depth, height, width];
}
