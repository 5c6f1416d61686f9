import type { ImageSet } from "@dira/data";
import { createRandom } from "@dira/random";
import { resizeLinear } from "@dira/tensor";
import type { VoxelMap } from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import type { ViewGrid } from "./geometry.ts";

/** Sides of the centre box as shares of the image's, where no training image has a box. */
const FIXED_SHARE = 0.5;

/** Training images whose sides are read for {@link centreSizes}. */
const MOST_READ = 100;

/** How large the box in the middle of the image is. */
export interface CentreSize {
  /** Sides as shares of the image's, per axis. */
  readonly shares: readonly number[];
  readonly from: "training boxes" | "fixed share";
  /** Training boxes that it is the mean of. */
  readonly boxes: number;
}

/**
 * The mean size of each label's boxes among the training images, the first hundred that have any; half the image's sides
 * where none has.
 */
export async function centreSizes(
  train: ImageSet | undefined,
  labels: readonly string[],
  rank: number,
): Promise<ReadonlyMap<string, CentreSize>> {
  const sizes = new Map(labels.map((label) => [label, [] as number[][]]));
  const read = new Map(labels.map((label) => [label, 0]));
  for (let image = 0; image < (train?.length ?? 0); image += 1) {
    const own = (train?.boxes?.(image) ?? []).filter(
      ({ label }) => (read.get(label) ?? MOST_READ) < MOST_READ,
    );
    if (train === undefined || own.length === 0) continue;
    const { shape } = await train.read(image);
    for (const label of new Set(own.map((each) => each.label)))
      read.set(label, (read.get(label) ?? 0) + 1);
    for (const { label, box } of own) {
      sizes.get(label)?.push(shape.map((side, axis) => (box[rank + axis] as number) / side));
    }
  }
  return new Map([...sizes].map(([label, boxes]) => [label, meanSize(boxes, rank)]));
}

function meanSize(boxes: readonly (readonly number[])[], rank: number): CentreSize {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (boxes.length === 0) {
    return { shares: axes.map(() => FIXED_SHARE), from: "fixed share", boxes: 0 };
  }
  const sums = axes.map((axis) => boxes.reduce((sum, sides) => sum + (sides[axis] as number), 0));
  return {
    shares: sums.map((sum) => sum / boxes.length),
    from: "training boxes",
    boxes: boxes.length,
  };
}

/**
 * The centre baseline: a Gaussian about the middle of the image, as wide as makes the box around its hot voxels the centre
 * box: `σ_a = L_a / (2 √(2 ln(1 / share)))` for sides L.
 *
 * @param share - of the maximum from which on voxels are hot.
 * @see Choe et al. 2020, https://arxiv.org/abs/2001.07437; Zhang et al. 2018 (the centre),
 *   https://arxiv.org/abs/1608.00507
 */
export function centreMap(
  shape: readonly number[],
  { shares }: CentreSize,
  share: number,
): VoxelMap {
  const width = 2 * Math.sqrt(2 * Math.log(1 / Math.min(share, 0.99)));
  const along = shape.map((side, axis) => {
    const sigma = (side * (shares[axis] as number)) / width;
    return Float64Array.from({ length: side }, (_, i) =>
      Math.exp(-0.5 * ((i + 0.5 - side / 2) / sigma) ** 2),
    );
  });
  const values = along.reduce<readonly number[]>(
    (all, line) => all.flatMap((value) => Array.from(line, (v) => value * v)),
    [1],
  );
  return { data: Float32Array.from(values), shape };
}

/**
 * The random baseline: what a heat map of a network that knows nothing may look like. Uniform noise of the size of the
 * encoder's last feature map, resized to the view as Grad-CAM's map is.
 *
 * @param key - the same gives the same map.
 */
export function randomMap(
  { shape }: ViewGrid,
  reduction: readonly number[],
  key: readonly string[],
): Float32Array {
  const random = createRandom("random heat map", ...key);
  const coarse = shape.map((side, axis) => Math.ceil(side / (reduction[axis] as number)));
  const noise = Float32Array.from({ length: coarse.reduce((a, b) => a * b, 1) }, () =>
    random.uniform(),
  );
  return tf.tidy(() => {
    const map: tf.Tensor = tf.tensor(noise, [1, ...coarse, 1] as number[]);
    return resizeLinear(map, shape).dataSync() as Float32Array;
  });
}
