import { diraViews, type DiraViewsOptions, type Raster } from "@dira/augmentations";
import { createRandom } from "@dira/random";
import type { GreyImage } from "./image.ts";

/** A batch of transformed images, `[N, H, W, 1]` each, in [0, 1]. */
export interface ViewBatch {
  readonly views: readonly Float32Array[];
  /** View 1 before its distortion. */
  readonly target: Float32Array;
  /** 1 where in-painting changed view 1. */
  readonly inpainted: Uint8Array;
  readonly shape: readonly [number, number, number, 1];
}

/** What makes one batch: the same task gives the same batch, wherever it is done. */
export interface BatchTask {
  readonly images: readonly GreyImage[];
  /** Numbers of the images in their set. */
  readonly indices: readonly number[];
  readonly seed: number;
  readonly epoch: number;
  readonly transform: DiraViewsOptions & { readonly size: number };
}

/** Transforms the images of a task. */
export function makeBatch({ images, indices, seed, epoch, transform }: BatchTask): ViewBatch {
  const views = diraViews(transform);
  const { size } = transform;
  const pixels = size * size;
  const out = [0, 1, 2].map(() => new Float32Array(images.length * pixels));
  const inpainted = new Uint8Array(images.length * pixels);
  images.forEach((image, n) => {
    const random = createRandom(seed, "augment", epoch, indices[n] as number);
    const made = views(rasterOf(image), random);
    const rasters = [made.views[0].image, made.views[1].image, made.target];
    rasters.forEach((raster, i) => out[i]?.set(raster.data, n * pixels));
    if (made.views[0].inpainted !== undefined) inpainted.set(made.views[0].inpainted, n * pixels);
  });
  const [first, second, target] = out as [Float32Array, Float32Array, Float32Array];
  return { views: [first, second], target, inpainted, shape: [images.length, size, size, 1] };
}

function rasterOf({ data, shape }: GreyImage): Raster {
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 1) values[i] = (data[i] as number) / 65535;
  return { data: values, shape };
}
