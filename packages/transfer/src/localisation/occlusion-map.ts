import type { Module } from "@dira/nn";
import {
  DiraError,
  type FeatureMap,
  type PerAxis,
  perAxis,
  relu,
  spatialAxes,
  spatialRankOf,
  spatialShape,
} from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { type Outputs, scoreOfOutput } from "./score-of-output.ts";

/** Options of {@link occlusionMap}. */
export interface OcclusionOptions {
  /** The logit to explain: one for all images, or one for each. */
  readonly output: Outputs;
  /** Sides of what is covered, in pixels. @defaultValue an eighth of the image's, rounded up */
  readonly window?: PerAxis;
  /** Pixels between windows, at most the window. @defaultValue half the window, rounded up */
  readonly stride?: PerAxis;
  /** What covers it: a number, or the image's own mean in each channel. @defaultValue "mean", a grey square as the paper's */
  readonly fill?: number | "mean";
  /** Covered copies of an image in one pass: bounds memory. @defaultValue 16 */
  readonly batch?: number;
}

/**
 * Occlusion sensitivity: how far a logit y falls when a window of the image is covered. A pixel's value is the mean over
 * the windows W that cover it,
 *
 * `M(i) = relu(mean_{W ∋ i} (y(x) − y(x with W filled)))`.
 *
 * Windows start at each stride, the last of an axis at its end, so that every pixel is covered. (Zeiler and Fergus draw the
 * score at each window's centre; the mean is Captum's.) In 2D and 3D; batch norms use their running statistics. It needs
 * no gradient, and as many passes as there are windows.
 *
 * Values are at least 0 and in units of the logit.
 *
 * @param images - `[N, …, C]`, as the network takes them.
 * @returns `[N, …]`, one map an image, of its size.
 * @throws DiraError for a logit that there is not, or a window or stride that leaves pixels out.
 * @see Zeiler and Fergus 2014, section 4.2, https://arxiv.org/abs/1311.2901
 */
export function occlusionMap(
  network: Pick<Module<FeatureMap, tf.Tensor2D>, "apply">,
  images: FeatureMap,
  options: OcclusionOptions,
): tf.Tensor {
  const { output, fill = "mean", batch = 16 } = options;
  checkWhole("batch", [batch]);
  const windows = windowsOf(images, options);
  return tf.tidy(() => {
    const scores = scoreOfOutput("occlusionMap", network.apply(images, "infer"), output);
    const maps = tf.split(images, images.shape[0]).map((image, n) => {
      const own = typeof output === "number" ? output : (output[n] as number);
      const drop = (covered: FeatureMap): tf.Tensor =>
        tf.sub(
          tf.slice(scores, n, 1),
          scoreOfOutput("occlusionMap", network.apply(covered, "infer"), own),
        );
      return tf.tidy(() => mapOf(image as FeatureMap, windows, { fill, batch, drop }));
    });
    return tf.stack(maps);
  });
}

/** Where windows start along each axis, and how long they are. */
interface Windows {
  readonly starts: readonly (readonly number[])[];
  readonly window: readonly number[];
}

function windowsOf(images: FeatureMap, { window, stride }: OcclusionOptions): Windows {
  const rank = spatialRankOf(images, "occlusionMap");
  const sides = spatialShape(images);
  const lengths = perAxis(
    window ?? sides.map((n) => Math.ceil(n / 8)),
    rank,
    "occlusionMap: window",
  );
  const steps = perAxis(
    stride ?? lengths.map((n) => Math.ceil(n / 2)),
    rank,
    "occlusionMap: stride",
  );
  checkWhole("window", lengths);
  checkWhole("stride", steps);
  const fits = lengths.every((n, axis) => n <= (sides[axis] as number));
  if (!fits || steps.some((step, axis) => step > (lengths[axis] as number))) {
    throw new DiraError(
      `occlusionMap: expected windows within [${sides.join(", ")}] and strides of at most the window, got windows [${lengths.join(", ")}] and strides [${steps.join(", ")}].`,
    );
  }
  const starts = sides.map((side, axis) => {
    const last = side - (lengths[axis] as number);
    const step = steps[axis] as number;
    return Array.from({ length: Math.ceil(last / step) + 1 }, (_, k) => Math.min(k * step, last));
  });
  return { starts, window: lengths };
}

function checkWhole(what: string, values: readonly number[]): void {
  if (values.every((value) => Number.isInteger(value) && value > 0)) return;
  throw new DiraError(
    `occlusionMap: expected \`${what}\` as whole numbers above 0, got [${values.join(", ")}].`,
  );
}

interface Covering {
  readonly fill: number | "mean";
  readonly batch: number;
  /** How far the score falls for covered copies `[B, …, C]`: `[B]`. */
  drop(covered: FeatureMap): tf.Tensor;
}

/** The map of one image `[1, …, C]`: `[…]`. */
function mapOf(image: FeatureMap, windows: Windows, { fill, batch, drop }: Covering): tf.Tensor {
  const sides = spatialShape(image);
  const filling = fill === "mean" ? tf.mean(image, spatialAxes(image), true) : fill;
  const change = tf.sub(filling, image);
  const places = windows.starts.reduce<readonly number[][]>(
    (all, starts) => all.flatMap((place) => starts.map((start) => [...place, start])),
    [[]],
  );
  let [sum, count] = [tf.zeros(sides), tf.zeros(sides)];
  for (let from = 0; from < places.length; from += batch) {
    const some = places.slice(from, from + batch);
    const [more, covered] = tf.tidy(() => {
      const mask = maskOf(some, windows.window, sides);
      const fallen = drop(tf.add(image, tf.mul(change, mask)));
      const flat = tf.reshape(mask, [some.length, -1]);
      const weighted = tf.matMul(tf.reshape(fallen, [1, -1]), flat);
      return [
        tf.add(sum, tf.reshape(weighted, sides)),
        tf.add(count, tf.reshape(tf.sum(flat, 0), sides)),
      ] as const;
    }) as [tf.Tensor, tf.Tensor];
    tf.dispose([sum, count]);
    [sum, count] = [more, covered];
  }
  return relu(tf.div(sum, count));
}

/** 1 in the window of each place: `[places, …, 1]`. */
function maskOf(
  places: readonly (readonly number[])[],
  window: readonly number[],
  sides: readonly number[],
): tf.Tensor {
  const along = sides.map((side, axis) => {
    const data = new Float32Array(places.length * side);
    places.forEach((place, i) => {
      const start = i * side + (place[axis] as number);
      data.fill(1, start, start + (window[axis] as number));
    });
    return tf.tensor(data, [places.length, ...sides.map((n, a) => (a === axis ? n : 1)), 1]);
  });
  return along.reduce((product, one) => tf.mul(product, one));
}
