import type { Random } from "@dira/random";
import { affine } from "./affine.ts";
import { brightnessContrast, gamma } from "./brightness-contrast.ts";
import { compose, oneOf, withProbability } from "./compose.ts";
import { centerCrop } from "./crop-pad.ts";
import { elastic } from "./elastic.ts";
import { gridDistortion, opticalDistortion } from "./lens.ts";
import { checked, flag, integer } from "./options.ts";
import { flipHorizontally } from "./orientation.ts";
import { randomResizedCrop, randomSizedCrop, resize } from "./random-resized-crop.ts";
import { normalization, normalizationRule, type NormalizeOptions } from "./rescale.ts";
import type { Sample, Transform } from "./sample.ts";
import { tenCrop } from "./ten-crop.ts";

/** Options of the classification pipelines. */
export interface ClassificationOptions {
  /** Side of the input. @defaultValue 224 */
  readonly size?: number;
  /** Side that validation and test resize to first. @defaultValue 256 */
  readonly resize?: number;
  /** @defaultValue ImageNet's, the average of its channels; `"none"` leaves intensities in [0, 1] */
  readonly normalize?: NormalizeOptions | "none";
}

const classification = { size: integer(1), resize: integer(1), normalize: normalizationRule };

/**
 * Training of a classifier in the benchmark protocol: crop to 0.08–1 of the area, flip (p 0.5), rotation of
 * ±7° (nearest pixel, 0 outside), normalise.
 *
 * @see Hosseinzadeh Taher et al. 2021, https://arxiv.org/abs/2108.05930, and `dataloader.py` of
 *   MR-HosseinzadehTaher/BenchmarkTransferLearning
 */
export function classificationTraining(options: ClassificationOptions = {}): Transform {
  const { size = 224 } = checked("classificationTraining", options, classification);
  return compose(
    randomResizedCrop({ size, scale: [0.08, 1] }),
    withProbability(0.5, flipHorizontally),
    affine({ rotation: 7, interpolation: "nearest" }),
    ...normalization(options.normalize),
  );
}

/** Validation of a classifier in the benchmark protocol: resize to 256×256, the central 224, normalise. */
export function classificationValidation(options: ClassificationOptions = {}): Transform {
  const { size = 224, resize: side = 256 } = checked(
    "classificationValidation",
    options,
    classification,
  );
  return compose(resize({ size: side }), centerCrop({ size }), ...normalization(options.normalize));
}

/**
 * Test of a classifier in the benchmark protocol: resize to 256×256 and ten crops of 224, each normalised;
 * the prediction is their mean.
 */
export function classificationTest(
  options: ClassificationOptions = {},
): (sample: Sample, random: Random) => readonly Sample[] {
  const { size = 224, resize: side = 256 } = checked("classificationTest", options, classification);
  const [resized, normalized] = [
    resize({ size: side }),
    compose(...normalization(options.normalize)),
  ];
  return (sample, random) =>
    tenCrop(resized(sample, random), size).map((crop) => normalized(crop, random));
}

/** Options of {@link segmentationTraining}. */
export interface SegmentationOptions {
  /** Side of the image. @defaultValue 224 */
  readonly size?: number;
  /**
   * Whether the image is brought to that side first, antialiased (the benchmark takes the nearest pixel); masks take the
   * nearest pixel's label. @defaultValue false: it has that side already
   */
  readonly resize?: boolean;
}

const segmentation = { size: integer(1), resize: flag };

/**
 * Training of a segmenter in the benchmark protocol, on an image and mask of the input's size: brightness
 * and contrast or gamma (p 0.3); elastic, grid or optical distortion (p 0.3); a crop of 156–224 of 224
 * pixels, resized (p 0.25). Albumentations gives its elastic distortion a small affine map besides.
 *
 * @see the same as {@link classificationTraining}
 */
export function segmentationTraining(options: SegmentationOptions = {}): Transform {
  const { size = 224, resize: first = false } = checked(
    "segmentationTraining",
    options,
    segmentation,
  );
  const third = 0.3 / 3;
  return compose(
    ...(first ? [resize({ size })] : []),
    oneOf([0.15, brightnessContrast()], [0.15, gamma()]),
    oneOf(
      [third, elastic({ alpha: 120, sigma: 6, border: "reflect" })],
      [third, gridDistortion()],
      [third, opticalDistortion({ limit: 2, shift: 0.5 })],
    ),
    withProbability(
      0.25,
      randomSizedCrop({ height: [Math.round((156 * size) / 224), size], size }),
    ),
  );
}

/** Validation and test of a segmenter: the image at the network's side, masks by the nearest pixel. */
export function segmentationValidation(options: Pick<SegmentationOptions, "size"> = {}): Transform {
  const { size = 224 } = checked("segmentationValidation", options, { size: integer(1) });
  return resize({ size });
}
