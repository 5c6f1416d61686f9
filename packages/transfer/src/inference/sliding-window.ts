import { DiraError, type PerAxis, perAxis, ShapeError, type SpatialRank } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { type BlendMode, importanceMap } from "./importance-map.ts";
import { windowPositions } from "./window-positions.ts";
import { windowRows } from "./window-rows.ts";

/** An image or a volume with channels, on the host. */
export interface ChannelMap {
  readonly data: Float32Array;
  /** `[H, W, C]` or `[D, H, W, C]`. */
  readonly shape: readonly number[];
}

/** Options of {@link slidingWindow}. */
export interface SlidingWindowOptions {
  /** Sides of a window, in voxels: what the network takes. */
  readonly roiSize: PerAxis;
  /** Share of a window that its neighbour covers, from 0 to below 1. @defaultValue 0.25, MONAI's */
  readonly overlap?: PerAxis;
  /** Whether voxels count less the further they lie from their window's centre. @defaultValue "gaussian" */
  readonly mode?: BlendMode;
  /** The Gaussian's deviation, as a share of each side. @defaultValue 0.125, MONAI's */
  readonly sigmaScale?: number;
  /** Windows that the network takes at a time. @defaultValue 4 */
  readonly batch?: number;
  /** What is put around an image that is smaller than the window. @defaultValue 0 */
  readonly padValue?: number;
  /** What the network divides sides by in all, e.g. 32: windows must be multiples of it. @defaultValue 1 */
  readonly divisor?: PerAxis;
}

/**
 * Sliding-window inference: a network's output for an image of any size, from windows of the size that it takes, in 2D and
 * 3D. As MONAI's `sliding_window_inference`, whose default mode is "constant": with the windows `W` at their positions
 * `s_W`, and the importance map `w`,
 *
 * `output(x) = Σ_{W ∋ x} w(x − s_W) · network(W)(x − s_W) / Σ_{W ∋ x} w(x − s_W)`.
 *
 * Neighbours start `⌊roi · (1 − overlap)⌋` voxels apart, the last window lies flush with the border, smaller images are
 * padded on both sides, and what lies in the padding is cut off again. Every voxel lies in a window; no output is beyond
 * what the network gave for it. Give the network probabilities to blend (a sigmoid within `predict`) or logits, as you like.
 *
 * Blended on the host: the engine holds one batch of windows, the host the output and one more number a voxel.
 *
 * @param image - `[…sides, C]`.
 * @param predict - from windows `[N, …roiSize, C]` to `[N, …roiSize, K]`; within a `tf.tidy`.
 * @returns `[…sides, K]`.
 * @throws DiraError for options that do not fit, and outputs of another shape or that are no finite numbers.
 * @see https://docs.monai.io/en/stable/inferers.html; Isensee et al. 2021, nnU-Net,
 *   https://doi.org/10.1038/s41592-020-01008-z, which has the Gaussian
 */
export async function slidingWindow(
  image: ChannelMap,
  predict: (windows: tf.Tensor) => tf.Tensor,
  options: SlidingWindowOptions,
): Promise<ChannelMap> {
  const { roi, sides, channels, overlap, batch, ...rest } = checked(image, options);
  const perAxis = sides.map((side, axis) =>
    windowPositions(side, roi[axis] as number, overlap[axis] as number),
  );
  const windows = product(perAxis.map(({ starts }) => starts));
  const importance = importanceMap(roi, rest.mode, rest.sigmaScale);
  const weights = new Float32Array(volumeOf(sides));
  let output: ChannelMap = { data: new Float32Array(0), shape: [...sides, 0] };
  for (let first = 0; first < windows.length; first += batch) {
    const some = windows.slice(first, first + batch);
    const cut = cutWindows(image, some, { roi, padValue: rest.padValue });
    const predicted = await outputOf(predict, cut, [some.length, ...roi, channels]);
    const outputs = predicted.shape.at(-1) as number;
    if (first === 0) {
      output = { data: new Float32Array(weights.length * outputs), shape: [...sides, outputs] };
    }
    blend(predicted, some, { roi, importance, weights, output });
  }
  const outputs = output.shape.at(-1) as number;
  for (let i = 0; i < output.data.length; i += 1) {
    output.data[i] = (output.data[i] as number) / (weights[Math.floor(i / outputs)] as number);
  }
  return output;
}

function cutWindows(
  { data, shape }: ChannelMap,
  windows: readonly (readonly number[])[],
  { roi, padValue }: { readonly roi: readonly number[]; readonly padValue: number },
): Float32Array {
  const channels = shape.at(-1) as number;
  const size = volumeOf(roi) * channels;
  const cut = new Float32Array(windows.length * size).fill(padValue);
  windows.forEach((starts, n) => {
    windowRows(shape.slice(0, -1), roi, starts, (from, to, length) => {
      cut.set(data.subarray(from * channels, (from + length) * channels), n * size + to * channels);
    });
  });
  return cut;
}

async function outputOf(
  predict: (windows: tf.Tensor) => tf.Tensor,
  cut: Float32Array,
  shape: readonly number[],
): Promise<ChannelMap> {
  const input = tf.tensor(cut, [...shape]);
  let predicted: tf.Tensor | undefined;
  try {
    predicted = tf.tidy(() => predict(input));
    const wanted = shape.slice(0, -1);
    if (String(predicted.shape.slice(0, -1)) !== String(wanted)) {
      throw new ShapeError(
        `slidingWindow: expected an output of the windows' size, [${wanted.join(", ")}, outputs], got [${predicted.shape.join(", ")}]. Resize it within \`predict\`.`,
        `${wanted.join(" ")} …`,
        predicted.shape,
      );
    }
    return { data: (await predicted.data()) as Float32Array, shape: predicted.shape };
  } finally {
    tf.dispose([input, ...(predicted === undefined ? [] : [predicted])]);
  }
}

interface Blending {
  readonly roi: readonly number[];
  readonly importance: Float32Array;
  /** Sum of the weights at each voxel; added to. */
  readonly weights: Float32Array;
  /** Weighted sum of outputs; added to. */
  readonly output: ChannelMap;
}

/** @throws DiraError for an output that is no finite number. */
function blend(
  predicted: ChannelMap,
  windows: readonly (readonly number[])[],
  { roi, importance, weights, output }: Blending,
): void {
  const outputs = predicted.shape.at(-1) as number;
  const { data } = output;
  const sides = output.shape.slice(0, -1);
  windows.forEach((starts, n) => {
    const offset = n * importance.length;
    windowRows(sides, roi, starts, (inImage, inWindow, length) => {
      for (let i = 0; i < length; i += 1) {
        const weight = importance[inWindow + i] as number;
        weights[inImage + i] = (weights[inImage + i] as number) + weight;
        const [to, from] = [(inImage + i) * outputs, (offset + inWindow + i) * outputs];
        for (let k = 0; k < outputs; k += 1) {
          const value = predicted.data[from + k] as number;
          if (!Number.isFinite(value)) refuse(value, starts);
          data[to + k] = (data[to + k] as number) + weight * value;
        }
      }
    });
  });
}

function refuse(value: number, starts: readonly number[]): never {
  throw new DiraError(
    `slidingWindow: expected finite numbers, the network gave ${value} in the window at [${starts.join(", ")}]. Look for NaN in the image there, or in the network's weights.`,
  );
}

/** Options with their defaults, widened to one value per axis. */
interface Checked extends Pick<Required<SlidingWindowOptions>, "mode" | "sigmaScale" | "batch"> {
  readonly roi: readonly number[];
  readonly overlap: readonly number[];
  readonly sides: readonly number[];
  readonly channels: number;
  readonly padValue: number;
}

function checked({ data, shape }: ChannelMap, options: SlidingWindowOptions): Checked {
  const { mode = "gaussian", sigmaScale = 0.125, batch = 4, padValue = 0 } = options;
  const rank = shape.length - 1;
  if ((rank !== 2 && rank !== 3) || volumeOf(shape) !== data.length || data.length === 0) {
    throw new ShapeError(
      `slidingWindow: expected an image [H, W, C] or [D, H, W, C] of ${data.length} values, got [${shape.join(", ")}].`,
      "… C",
      shape,
    );
  }
  const widened = (name: "roiSize" | "overlap" | "divisor", missing: number): number[] =>
    perAxis(options[name] ?? missing, rank as SpatialRank, `slidingWindow: \`${name}\``);
  const [roi, overlap, divisor] = [
    widened("roiSize", NaN),
    widened("overlap", 0.25),
    widened("divisor", 1),
  ];
  const whole = (n: number): boolean => Number.isInteger(n) && n > 0;
  const rules: readonly (readonly [boolean, string, unknown])[] = [
    [roi.every(whole), "`roiSize` as whole numbers above 0", `[${roi.join(", ")}]`],
    [overlap.every((o) => o >= 0 && o < 1), "`overlap` from 0 to below 1", overlap.join(", ")],
    [whole(batch), "`batch` as a whole number above 0", batch],
    [sigmaScale > 0, "`sigmaScale` above 0", sigmaScale],
    [Number.isFinite(padValue), "`padValue` as a finite number", padValue],
    [
      roi.every((side, axis) => side % (divisor[axis] as number) === 0),
      `\`roiSize\` in multiples of [${divisor.join(", ")}], which the network divides by`,
      `[${roi.join(", ")}]`,
    ],
  ];
  for (const [holds, expected, got] of rules) {
    if (!holds) throw new DiraError(`slidingWindow: expected ${expected}, got ${String(got)}.`);
  }
  const [sides, channels] = [shape.slice(0, -1), shape.at(-1) as number];
  return { roi, overlap, sides, channels, mode, sigmaScale, batch, padValue };
}

const volumeOf = (sides: readonly number[]): number => sides.reduce((a, b) => a * b, 1);

/** Every choice of one number of each list, the last running fastest. */
function product(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>(
    (chosen, list) => chosen.flatMap((before) => list.map((value) => [...before, value])),
    [[]],
  );
}
