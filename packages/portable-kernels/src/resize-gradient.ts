import type { TensorInfo } from "@tensorflow/tfjs";
import type { Storage } from "./storage.ts";

/** How output pixels lie on input pixels, as TensorFlow.js names it. */
export interface ResizeOptions {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** What an output position takes of two input positions. */
type Share = readonly [lower: number, upper: number, ofUpper: number];
type Shares = (inputs: number, outputs: number, options: ResizeOptions) => Share[];

/** Of bilinear resizing, as TensorFlow.js's forward pass has it. */
export const linearShares: Shares = (inputs, outputs, options) =>
  range(outputs, (o) => {
    const half = options.halfPixelCenters ? 0.5 : 0;
    const position = scaleOf(inputs, outputs, options) * (o + half) - half;
    const lower = Math.max(0, Math.floor(position));
    return [lower, Math.min(inputs - 1, Math.ceil(Math.max(0, position))), position - lower];
  });

/** Of nearest-neighbour resizing. */
export const nearestShares: Shares = (inputs, outputs, options) =>
  range(outputs, (o) => {
    const half = options.halfPixelCenters ? 0.5 : 0;
    const position = scaleOf(inputs, outputs, options) * (o + half);
    const whole = options.alignCorners ? Math.round(position) : Math.floor(position);
    const nearest = Math.max(0, Math.min(inputs - 1, whole));
    return [nearest, nearest, 0];
  });

/**
 * The adjoint of resizing images: each output's gradient goes where the output came from, in the same shares.
 *
 * @param dy - `[N, H', W', C]`. @param shape - of the images, `[N, H, W, C]`.
 */
export function resizeGradient(
  storage: Storage,
  dy: TensorInfo,
  shape: readonly number[],
  shares: Shares,
  options: ResizeOptions,
): TensorInfo {
  const [images = 0, height = 0, width = 0, channels = 0] = shape;
  const made = storage.make(shape);
  const [from, to] = [storage.float32(dy), storage.float32(made)];
  const [rows, columns] = [
    shares(height, dy.shape[1] ?? 0, options),
    shares(width, dy.shape[2] ?? 0, options),
  ];
  const add = (image: number, i: number, j: number, share: number, source: number): void => {
    if (share === 0) return;
    const target = ((image * height + i) * width + j) * channels;
    for (let c = 0; c < channels; c += 1) {
      to[target + c] = (to[target + c] as number) + share * (from[source + c] as number);
    }
  };
  let source = 0;
  for (let image = 0; image < images; image += 1) {
    for (const [above, below, v] of rows) {
      for (const [left, right, h] of columns) {
        add(image, above, left, (1 - v) * (1 - h), source);
        add(image, above, right, (1 - v) * h, source);
        add(image, below, left, v * (1 - h), source);
        add(image, below, right, v * h, source);
        source += channels;
      }
    }
  }
  return made;
}

function scaleOf(inputs: number, outputs: number, { alignCorners }: ResizeOptions): number {
  return alignCorners && outputs > 1 ? (inputs - 1) / (outputs - 1) : inputs / outputs;
}

const range = <T>(count: number, f: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => f(i));
