import { diraViews, type DiraViewsOptions } from "@dira/augmentations";
import { createRandom } from "@dira/random";
import type { Scan } from "./image.ts";

/** A batch of transformed images, `[N, H, W, 1]` each, in [0, 1]. */
export interface ViewBatch {
  readonly views: readonly Float32Array[];
  /** View 1 before its distortion. */
  readonly target: Float32Array;
  /** 1 where in-painting changed view 1. */
  readonly inpainted: Uint8Array;
  readonly shape: readonly [number, number, number, 1];
  /** Numbers of the images in their set. */
  readonly indices: Uint32Array;
}

/** What makes one batch: the same task gives the same batch, wherever it is done. */
export interface BatchTask {
  readonly images: readonly Scan[];
  /** Numbers of the images in their set. */
  readonly indices: readonly number[];
  readonly seed: number;
  readonly epoch: number;
  readonly transform: DiraViewsOptions & { readonly size: number };
}

/**
 * Transforms the images of a task. Each image's chance is keyed by (seed, epoch, its number, view,
 * operation), so it does not matter which batch an image is in.
 */
export function makeBatch({ images, indices, seed, epoch, transform }: BatchTask): ViewBatch {
  const views = diraViews(transform);
  const { size } = transform;
  const pixels = size * size;
  const [first, second, target] = [0, 1, 2].map(() => new Float32Array(images.length * pixels)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const inpainted = new Uint8Array(images.length * pixels);
  images.forEach((image, n) => {
    const random = createRandom(seed, "augment", epoch, indices[n] as number);
    const made = views(image, random);
    first.set(made.views[0].image.data, n * pixels);
    second.set(made.views[1].image.data, n * pixels);
    target.set(made.target.data, n * pixels);
    if (made.views[0].inpainted !== undefined) inpainted.set(made.views[0].inpainted, n * pixels);
  });
  const shape = [images.length, size, size, 1] as const;
  return { views: [first, second], target, inpainted, shape, indices: Uint32Array.from(indices) };
}
