import { giveBack } from "./buffers.ts";
import type { Random } from "@dira/random";
import { compose, oneOf, withProbability } from "./compose.ts";
import { colorJitter } from "./color-jitter.ts";
import { inPainting, outPainting } from "./painting.ts";
import { gaussianBlur } from "./gaussian-blur.ts";
import { checked, either, flag, integer, list, positiveShare, range, word } from "./options.ts";
import { patchShuffling } from "./patch-shuffling.ts";
import type { Pixels, Raster, Sample, Transform } from "./sample.ts";
import { flipHorizontally } from "./orientation.ts";
import { cropFrom } from "./random-resized-crop.ts";
import { transVwDistortion } from "./trans-vw-distortion.ts";

/** Options of {@link diraViews}. */
export interface DiraViewsOptions {
  /** Side of the views; or their sides, one per axis. @defaultValue 224 (DiRA) */
  readonly size?: number | readonly number[];
  /** Share of the area (in-plane, of volumes) that a view's crop takes, from and to. @defaultValue [0.2, 1] (DiRA) */
  readonly scale?: readonly [number, number];
  /**
   * `"aligned"`: the target is taken after the flip. `"authors"`: before it, as in the authors' code,
   * so that in half the samples the network has to mirror what it sees. @defaultValue "aligned"
   */
  readonly flip?: "aligned" | "authors";
  /** @defaultValue "apart" */
  readonly overlap?: "apart" | "authors";
  /** Whether views are distorted; stage D leaves it out. @defaultValue true */
  readonly distort?: boolean;
  /** By DiRA's 2D distortions, or {@link transVwDistortion}, of DiRA's 3D. @defaultValue "dira" */
  readonly distortion?: "dira" | "transvw";
}

/** Two views of an image, and what view 1 was before its intensities and pixels were disturbed. */
export interface DiraViews {
  readonly views: readonly [Sample, Sample];
  readonly target: Raster;
}

/**
 * DiRA's 2D transforms: crop to 0.2–1 of the area, jitter (0.8), blur (0.5), flip (0.5), and one
 * distortion: in-painting 0.30, out-painting 0.05, patch shuffling 0.30, none 0.35. The target is
 * view 1's crop. Intensities stay in [0, 1], without normalisation. Of volumes crops are in-plane: all slices are kept,
 * or resized to the first of `size`.
 *
 * @returns a function of the image and the random numbers of this image in this epoch, from which each
 *   view and operation derives its own.
 * @see Haghighi et al. 2022, https://arxiv.org/abs/2204.10437; `flip` and `overlap` name the two places
 *   where this departs from the code of its authors.
 */
export function diraViews(
  options: DiraViewsOptions = {},
): (image: Raster<Pixels> | Sample, random: Random) => DiraViews {
  const {
    size = 224,
    scale = [0.2, 1],
    flip = "aligned",
    overlap = "apart",
    distort = true,
    distortion: kind = "dira",
  } = checked("diraViews", options, {
    size: either(integer(1), list(integer(1), 2, 3)),
    scale: range(positiveShare),
    flip: word("aligned", "authors"),
    overlap: word("apart", "authors"),
    distort: flag,
    distortion: word("dira", "transvw"),
  });
  const crop = cropFrom({ size, scale });
  const mirror = withProbability(0.5, flipHorizontally);
  const appearance = compose(
    withProbability(0.8, colorJitter()),
    withProbability(0.5, gaussianBlur()),
  );
  const distorted =
    kind === "transvw"
      ? transVwDistortion(overlap === "authors" ? { overlap } : {})
      : oneOf([0.3, inPainting()], [0.05, outPainting()], [0.3, patchShuffling({ overlap })]);
  const distortion: Transform = distort ? distorted : (sample) => sample;
  return (given, random) => {
    const image = "image" in given ? given.image : given;
    const view = (index: number): { view: Sample; target: Raster } => {
      const own = random.derive("view", index);
      const step = (now: Sample, key: string, transform: Transform, kept?: Raster): Sample => {
        const next = transform(now, own.derive(key));
        const done = next.image.data !== now.image.data && kept?.data !== now.image.data;
        if (done) giveBack(now.image.data);
        return next;
      };
      const cropped = crop(image, own.derive("crop"));
      const early = flip === "aligned" ? step(cropped, "flip", mirror) : cropped;
      // Of the second view, the target is of no use.
      const kept = index === 0 ? early.image : undefined;
      const changed = step(early, "appearance", appearance, kept);
      const late = flip === "aligned" ? changed : step(changed, "flip", mirror, kept);
      return { view: step(late, "distortion", distortion, kept), target: early.image };
    };
    const [first, second] = [view(0), view(1)];
    return { views: [first.view, second.view], target: first.target };
  };
}
