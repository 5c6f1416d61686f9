import {
  intensityWindow,
  patchSampler,
  type RandomPatchOptions,
  type Raster,
  type Sample,
  sampleOf,
} from "@dira/augmentations";
import type { Random } from "@dira/random";
import { type ModuleCall, resultOf } from "./module-call.ts";
import type { Pipeline, Views } from "./view-batch.ts";

/** What a transform of samples may give: a sample, several, or an input or views with their target. */
type Made =
  Sample | readonly Sample[] | { readonly input: Sample; readonly target: Raster } | Views;

/** Options of {@link samplePipeline}. */
export interface SamplePipelineOptions {
  /**
   * Cuts a patch first, of the pixels as the cache has them; the rest of the volume is left alone.
   *
   * @defaultValue the whole image
   */
  readonly patch?: RandomPatchOptions;
  /** Hounsfield units that become 0 and 1, after the patch. @defaultValue values as they are */
  readonly window?: readonly [low: number, high: number];
}

/**
 * A pipeline for the loader from a transform of samples, whose masks move along: `segmentationTraining`,
 * `transVwPair`, any transform that a module exports a maker of.
 *
 * `{ module: "@dira/data", name: "samplePipeline", args: [{ name: "transVwPair" }, { window: [-1000, 1000],
 * patch: { size: [32, 64, 64], by: "body" } }] }`
 *
 * @param call - gives the transform; its module is `@dira/augmentations` if none is named.
 */
export async function samplePipeline(
  call: ModuleCall,
  { patch, window }: SamplePipelineOptions = {},
): Promise<Pipeline> {
  const made = await resultOf<(sample: Sample, random: Random) => Made>(
    call,
    "@dira/augmentations",
  );
  const cut = patch && patchSampler(patch);
  const windowed = window && intensityWindow({ low: window[0], high: window[1] });
  return (image, random, mask) => {
    const whole = cut?.(image, random.derive("patch"), mask) ?? sampleOf(image, mask);
    const sample = windowed?.(whole, random.derive("window")) ?? whole;
    const result = made(sample, random.derive("transform"));
    return "image" in result ? [result] : result;
  };
}
