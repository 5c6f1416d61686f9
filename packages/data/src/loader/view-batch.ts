import type { Raster, Sample } from "@dira/augmentations";
import { createRandom, type Random } from "@dira/random";
import { DataError, type Scan } from "../image.ts";
import { checkCall, type ModuleCall, resultOf } from "./module-call.ts";

/** What a pipeline makes of one image: its views, and what restoration aims at where that is asked. */
export interface Views {
  readonly views: readonly Sample[];
  readonly target?: Raster;
}

/**
 * A pipeline of transforms: all its chance comes from `random`. It gives views and what to restore; or
 * views alone; or one input with what to restore from it.
 */
export type Pipeline = (
  image: Scan,
  random: Random,
  mask?: Raster<Uint8Array>,
) => Views | readonly Sample[] | { readonly input: Sample; readonly target: Raster };

/** The same view of several images. */
export interface BatchView {
  /** One image after the other. */
  readonly data: Float32Array;
  /** `[N, H, W, 1]` or `[N, D, H, W, 1]`. */
  readonly shape: readonly number[];
  /** Labels per pixel, where the images have masks. */
  readonly mask?: Uint8Array;
  /** 1 where in-painting changed the view, if it changed any. */
  readonly inpainted?: Uint8Array;
  /** Where each image lies in the world, where all say so. */
  readonly places?: readonly Place[];
}

/** Spacing, origin and direction of a {@link Raster}. */
export type Place = Pick<Raster, "spacing" | "origin" | "direction">;

/** A batch of transformed images. */
export interface ViewBatch {
  readonly views: readonly BatchView[];
  readonly target?: BatchView;
  /** Numbers of the images in their set. */
  readonly indices: Uint32Array;
}

/** What makes one batch: the same task gives the same batch, wherever it is done. */
export interface BatchTask {
  readonly images: readonly Scan[];
  /** Per image, where the pipeline is to move masks along. */
  readonly masks?: readonly (Raster<Uint8Array> | undefined)[];
  /** Numbers of the images in their set. */
  readonly indices: readonly number[];
  /** How often each was drawn before in this epoch. @defaultValue 0 each */
  readonly repeats?: readonly number[];
  readonly seed: number;
  readonly epoch: number;
  /** A call that gives a {@link Pipeline}; its module is `@dira/augmentations` if none is named. */
  readonly pipeline: ModuleCall;
}

/**
 * Transforms the images of a task. Each image's chance is keyed by (seed, epoch, its number, how often
 * it was drawn before, view, operation), so it does not matter which batch an image is in.
 *
 * @throws DataError when the pipeline is no call, or what it makes is no pipeline.
 * @throws Error when views of different images differ in size.
 */
export async function makeBatch(task: BatchTask): Promise<ViewBatch> {
  const { images, masks, indices, repeats, seed, epoch } = task;
  checkCall("makeBatch: `pipeline`", task.pipeline);
  const pipeline = await resultOf<Pipeline>(task.pipeline, "@dira/augmentations");
  if (typeof pipeline !== "function") {
    throw new DataError(
      `makeBatch: the pipeline ${task.pipeline.name} must make a function of an image, got ${typeof pipeline}.`,
    );
  }
  const made = images.map((image, n) => {
    const random = createRandom(seed, "augment", epoch, indices[n] as number);
    const again = repeats?.[n] ?? 0;
    const own = again === 0 ? random : random.derive("again", again);
    return viewsOf(task.pipeline, () => pipeline(image, own, masks?.[n]));
  });
  const count = made[0]?.views.length ?? 0;
  const views = Array.from({ length: count }, (_, v) => {
    const samples = made.map((each) => each.views[v]);
    return stacked(`view ${v}`, samples as readonly Sample[]);
  });
  const targets = made.flatMap(({ target }) => (target === undefined ? [] : [{ image: target }]));
  return {
    views,
    ...(targets.length === 0 ? {} : { target: stacked("target", targets) }),
    indices: Uint32Array.from(indices),
  };
}

function viewsOf({ name }: ModuleCall, make: () => ReturnType<Pipeline>): Views {
  const made = madeBy(name, make);
  if ("views" in made) return made;
  if ("input" in made) return { views: [made.input], target: made.target };
  if (Array.isArray(made)) return { views: made as readonly Sample[] };
  throw new DataError(
    `makeBatch: the pipeline ${name} gave an object with ${Object.keys(made).join(", ")}; expected { views, target }, a list of samples, or { input, target }. ${wrapped(name)}`,
  );
}

function madeBy(name: string, make: () => ReturnType<Pipeline>): ReturnType<Pipeline> {
  try {
    return make();
  } catch (error) {
    // What a transform says that finds no `image` in the pixels it was given.
    if (!(error instanceof TypeError)) throw error;
    throw new DataError(
      `makeBatch: the pipeline ${name} failed: ${error.message} ${wrapped(name)}`,
      {
        cause: error,
      },
    );
  }
}

const wrapped = (name: string): string =>
  `Is it a transform of samples? Then it goes through samplePipeline: { module: "@dira/data", name: "samplePipeline", args: [{ name: "${name}", args: [] }] }.`;

type Layers = Pick<Sample, "image" | "mask" | "inpainted">;

function stacked(what: string, samples: readonly Layers[]): BatchView {
  const shape = samples[0]?.image.shape ?? [];
  const pixels = shape.reduce((count, side) => count * side, 1);
  const data = new Float32Array(samples.length * pixels);
  samples.forEach(({ image }, n) => {
    if (String(image.shape) !== String(shape)) {
      throw new Error(
        `A pipeline must give all images the same size: ${what} is [${shape.join(", ")}] of the first and [${image.shape.join(", ")}] of another. Crop or resize to one size.`,
      );
    }
    data.set(image.data, n * pixels);
  });
  return {
    data,
    shape: [samples.length, ...shape, 1],
    ...layer(
      "mask",
      samples.map(({ mask }) => mask?.data),
      pixels,
    ),
    ...layer(
      "inpainted",
      samples.map(({ inpainted }) => inpainted),
      pixels,
    ),
    ...placesOf(samples.map(({ image }) => image)),
  };
}

function placesOf(images: readonly Raster[]): { readonly places?: readonly Place[] } {
  if (images.some(({ spacing }) => spacing === undefined)) return {};
  return {
    places: images.map(({ spacing, origin, direction }) => ({
      ...(spacing && { spacing }),
      ...(origin && { origin }),
      ...(direction && { direction }),
    })),
  };
}

/** A layer of the images that have one, zeros for the others; nothing where none has. */
function layer<Name extends string>(
  name: Name,
  parts: readonly (Uint8Array | undefined)[],
  pixels: number,
): { [N in Name]?: Uint8Array } {
  if (parts.every((part) => part === undefined)) return {};
  const all = new Uint8Array(parts.length * pixels);
  parts.forEach((part, n) => part !== undefined && all.set(part, n * pixels));
  return { [name]: all } as { [N in Name]?: Uint8Array };
}
