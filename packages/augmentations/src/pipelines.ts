import type { Random } from "@dira/random";
import { bezierIntensity } from "./bezier.ts";
import { colorJitter } from "./color-jitter.ts";
import { compose, oneOf, type ViewMaker, views, withProbability } from "./compose.ts";
import { gaussianBlur } from "./gaussian-blur.ts";
import { checked, integer, word } from "./options.ts";
import { flipHorizontally, repeatedFlip } from "./orientation.ts";
import { inPainting, outPainting } from "./painting.ts";
import { localPixelShuffling } from "./pixel-shuffling.ts";
import { cropFrom, type RandomResizedCropOptions } from "./random-resized-crop.ts";
import { normalization, normalizationRule, type NormalizeOptions } from "./rescale.ts";
import type { Pixels, Raster, Sample, Transform } from "./sample.ts";
import { solarize } from "./solarize.ts";
import { transVwDistortion, type TransVwOptions, transVwRules } from "./trans-vw-distortion.ts";

/** Options of the pipelines that make two views. */
export interface TwoViewOptions {
  /** Side of the views. @defaultValue 224 */
  readonly size?: number;
  /** Mean and standard deviation; `"none"` leaves intensities in [0, 1]. @defaultValue ImageNet's */
  readonly normalize?: NormalizeOptions | "none";
}

/** A crop from cached pixels, then the rest. */
function cropped(
  crop: RandomResizedCropOptions,
  ...rest: readonly Transform[]
): (image: Raster<Pixels>, random: Random) => Sample {
  const [cut, changed] = [cropFrom(crop), compose(...rest)];
  return (image, random) => changed(cut(image, random.derive("crop")), random.derive("rest"));
}

const twoViews = { size: integer(1), normalize: normalizationRule };

/**
 * MoCo v2's two views, both alike: crop to 0.2–1 of the area, jitter (p 0.8: 0.4, 0.4, 0.4, 0.1), greyscale
 * (p 0.2), blur (p 0.5: σ 0.1–2), flip (p 0.5), normalise. On grey images greyscale, saturation and hue do
 * nothing; the mean and standard deviation are the averages of ImageNet's three.
 *
 * @see Chen et al. 2020, https://arxiv.org/abs/2003.04297, and `main_moco.py` of facebookresearch/moco
 */
export function mocoV2Views(options: TwoViewOptions = {}): ViewMaker<Raster<Pixels>> {
  const { size = 224 } = checked("mocoV2Views", options, twoViews);
  const view = cropped(
    { size },
    withProbability(0.8, colorJitter()),
    withProbability(0.5, gaussianBlur()),
    withProbability(0.5, flipHorizontally),
    ...normalization(options.normalize),
  );
  return views(view, view);
}

/**
 * SimSiam's two views: MoCo v2's.
 *
 * @see Chen and He 2021, https://arxiv.org/abs/2011.10566, and `main_simsiam.py` of facebookresearch/simsiam
 */
export function simSiamViews(options: TwoViewOptions = {}): ViewMaker<Raster<Pixels>> {
  return mocoV2Views(checked("simSiamViews", options, twoViews));
}

/**
 * Barlow Twins' two views, which differ: both crop to 0.08–1 of the area (bicubic), flip (p 0.5), jitter
 * (p 0.8: 0.4, 0.4, 0.2, 0.1), greyscale (p 0.2) and normalise; the first blurs always and never solarises,
 * the second blurs with p 0.1 and solarises with p 0.2. On grey images greyscale, saturation and hue do
 * nothing.
 *
 * @see Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, and `main.py` of facebookresearch/barlowtwins
 */
export function barlowTwinsViews(options: TwoViewOptions = {}): ViewMaker<Raster<Pixels>> {
  const { size = 224 } = checked("barlowTwinsViews", options, twoViews);
  const view = (blur: number, inverted: number) =>
    cropped(
      { size, scale: [0.08, 1], filter: "bicubic" },
      withProbability(0.5, flipHorizontally),
      withProbability(0.8, colorJitter({ saturation: 0.2 })),
      withProbability(blur, gaussianBlur()),
      withProbability(inverted, solarize()),
      ...normalization(options.normalize),
    );
  return views(view(1, 0), view(0.1, 0.2));
}

/** What a network sees and what it should restore from it. */
export interface RestorationPair {
  readonly input: Sample;
  readonly target: Raster;
}

/** Makes a pair of an image with intensities in [0, 1]. */
export type PairMaker = (sample: Sample, random: Random) => RestorationPair;

/**
 * {@link transVwDistortion} of a cube. The target is the cube before all of it.
 *
 * @see Haghighi et al. 2021, https://arxiv.org/abs/2102.10680, and `data_loader.py` of fhaghighi/TransVW
 */
export function transVwPair(options: TransVwOptions = {}): PairMaker {
  const distorted = transVwDistortion(checked("transVwPair", options, transVwRules));
  return (sample, random) => ({ input: distorted(sample, random), target: sample.image });
}

/** Options of {@link modelsGenesisPair}. */
export interface ModelsGenesisOptions {
  /** As in the authors' code, blocks are shuffled from the image as it was. @defaultValue "sequential" */
  readonly overlap?: "sequential" | "authors";
}

/**
 * Models Genesis' distortions of a cube, one after the other: up to three flips (p 0.4 each; of the target
 * too), local shuffling (p 0.5, 10,000 blocks), non-linear intensity (p 0.9), painting (p 0.9; of these
 * in-painting 0.2, out-painting 0.8). The target is the flipped cube.
 *
 * @see Zhou et al. 2019, https://arxiv.org/abs/1908.06912, and `utils.py` of MrGiovanni/ModelsGenesis
 */
export function modelsGenesisPair(options: ModelsGenesisOptions = {}): PairMaker {
  const { overlap = "sequential" } = checked("modelsGenesisPair", options, {
    overlap: word("sequential", "authors"),
  });
  const flips = repeatedFlip();
  const distorted = compose(
    withProbability(0.5, localPixelShuffling({ overlap })),
    withProbability(0.9, bezierIntensity()),
    oneOf(
      [0.9 * 0.2, inPainting({ variant: "genesis" })],
      [0.9 * 0.8, outPainting({ variant: "genesis" })],
    ),
  );
  return (sample, random) => {
    const flipped = flips(sample, random.derive("flips"));
    return { input: distorted(flipped, random.derive("distortion")), target: flipped.image };
  };
}
