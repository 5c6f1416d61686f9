import { DiraError } from "./errors.ts";
import * as rule from "./options.ts";
import {
  checkedEnds,
  extremesOf,
  linear,
  momentsOf,
  percentilesOf,
  withData,
} from "./pointwise.ts";
import { type Operation, type Sample, type Transform, ownTransformOf } from "./sample.ts";

/** Options of {@link rescaleIntensity}. */
export interface RescaleOptions {
  /** What becomes the ends of `to`; without it or `percentiles`, the image's own extremes. */
  readonly from?: readonly [number, number];
  /** The same as percentiles of the image, 0 … 100. */
  readonly percentiles?: readonly [number, number];
  /** Descending, it inverts. @defaultValue [0, 1] */
  readonly to?: readonly [number, number];
  /** Whether what lies beyond is cut. @defaultValue true */
  readonly clip?: boolean;
}

const percentilesRule = rule.interval(rule.between(0, 100));

type Rescale = {
  readonly from: readonly number[];
  readonly percentiles: readonly number[];
  readonly to: readonly number[];
  readonly clip: number;
};

/** {@link rescaleIntensity} as a replayable operation. */
export function rescaleIntensityOperation(options: RescaleOptions = {}): Operation<Rescale> {
  const {
    from = [],
    percentiles = [],
    to = [0, 1],
    clip = true,
  } = rule.checked("rescaleIntensity", options, {
    from: rule.interval(rule.finite),
    percentiles: percentilesRule,
    to: rule.pair(rule.finite),
    clip: rule.flag,
  });
  if (from.length > 0 && percentiles.length > 0) {
    throw new DiraError("rescaleIntensity: expected `from` or `percentiles`, got both.");
  }
  return {
    name: "rescaleIntensity",
    draw: () => ({ from, percentiles, to, clip: clip ? 1 : 0 }),
    apply: (sample, drawn) => {
      const [low, high] = endsOf(sample, drawn);
      const [start, end] = drawn.to as [number, number];
      // An even image has no contrast to stretch.
      const scale = high !== low ? (end - start) / (high - low) : 0;
      const cut: [number, number] =
        drawn.clip === 1 ? [Math.min(start, end), Math.max(start, end)] : [-Infinity, Infinity];
      return withData(sample, linear(sample.image.data, scale, start - scale * low, ...cut));
    },
    inverse: ({ from: source, to: target }) =>
      source.length === 0
        ? undefined
        : [
            {
              name: "rescaleIntensity",
              parameters: { from: target, percentiles: [], to: source, clip: 0 },
            },
          ],
  };
}

function endsOf({ image }: Sample, { from, percentiles }: Rescale): readonly [number, number] {
  if (from.length > 0) return from as unknown as readonly [number, number];
  const ends =
    percentiles.length === 0 ? extremesOf(image.data) : percentilesOf(image, percentiles);
  return checkedEnds("rescaleIntensity", ends as [number, number]);
}

/**
 * A linear map from a range to another: MONAI's `ScaleIntensityRange`, TorchIO's `RescaleIntensity`.
 * Undone where `from` is given, within the range.
 */
export function rescaleIntensity(options: RescaleOptions = {}): Transform {
  return ownTransformOf(rescaleIntensityOperation(options));
}

/**
 * Percentile scaling: the percentiles become 0 and 1, what lies beyond is cut.
 *
 * @param percentiles - default 0.5 and 99.5 (nnU-Net's for CT).
 */
export function percentileScaling(percentiles: readonly [number, number] = [0.5, 99.5]): Transform {
  rule.checked("percentileScaling", { percentiles }, { percentiles: percentilesRule });
  return rescaleIntensity({ percentiles });
}

interface Ends {
  readonly low: number;
  readonly high: number;
}

interface CenterAndWidth {
  readonly center: number;
  readonly width: number;
}

function endsOfWindow(window: Ends | CenterAndWidth): readonly [number, number] {
  const where = "intensityWindow";
  const end = rule.required(rule.finite);
  if (Object.hasOwn(window, "center") || Object.hasOwn(window, "width")) {
    const rules = { center: end, width: rule.required(rule.above(0)) };
    const { center, width } = rule.checked(where, window as CenterAndWidth, rules);
    return [center - width / 2, center + width / 2];
  }
  const { low, high } = rule.checked(where, window as Ends, { low: end, high: end });
  if (low < high) return [low, high];
  throw new DiraError(`${where}: expected \`low\` to be below \`high\`, got ${low} and ${high}.`);
}

/**
 * A window on Hounsfield units: `low … high` becomes 0 … 1, what lies beyond is cut. Models Genesis and
 * TransVW take −1000 … 1000.
 *
 * @param window - its ends, or its center and width (DICOM's terms).
 */
export function intensityWindow(window: Ends | CenterAndWidth): Transform {
  return rescaleIntensity({ from: endsOfWindow(window) });
}

/** {@link zScore} as a replayable operation. */
export const zScoreOperation: Operation<Record<string, never>> = {
  name: "zScore",
  draw: () => ({}),
  apply: (sample) => {
    const { mean, std } = momentsOf("zScore", sample.image.data);
    const scale = std > 0 ? 1 / std : 0;
    return withData(sample, linear(sample.image.data, scale, -mean * scale));
  },
};

/** `(x − mean) / std` of the image itself (an even one becomes 0): nnU-Net's for MRI. */
export const zScore: Transform = ownTransformOf(zScoreOperation);

/** Options of {@link normalize}. */
export interface NormalizeOptions {
  readonly mean: number;
  readonly std: number;
}

/** ImageNet's mean and standard deviation for one grey channel: the averages of its three. */
export const IMAGENET_GREY: NormalizeOptions = { mean: 0.449, std: 0.226 };

type Moments = { readonly mean: number; readonly std: number };

/** {@link normalize} as a replayable operation. */
export function normalizeOperation(options: NormalizeOptions): Operation<Moments> {
  const { mean, std } = rule.checked("normalize", options, {
    mean: rule.required(rule.finite),
    std: rule.required(rule.above(0)),
  });
  return {
    name: "normalize",
    draw: () => ({ mean, std }),
    apply: (sample, given) =>
      withData(sample, linear(sample.image.data, 1 / given.std, -given.mean / given.std)),
    inverse: (given) => [
      { name: "normalize", parameters: { mean: -given.mean / given.std, std: 1 / given.std } },
    ],
  };
}

/** `(x − mean) / std` with given numbers: torchvision's `Normalize`. */
export function normalize(options: NormalizeOptions): Transform {
  return ownTransformOf(normalizeOperation(options));
}

/** What a pipeline may be told of it. */
export const normalizationRule: rule.Rule = rule.either(rule.word("none"), rule.nested);

/** The last step of a pipeline: none, or one. */
export function normalization(
  option: NormalizeOptions | "none" = IMAGENET_GREY,
): readonly Transform[] {
  return option === "none" ? [] : [normalize(option)];
}
