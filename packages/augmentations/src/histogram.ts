import * as rule from "./options.ts";
import { checkedEnds, extremesOf, percentilesOf, withData } from "./pointwise.ts";
import { type Operation, type Raster, type Transform, ownTransformOf } from "./sample.ts";

/** Options of {@link histogramEqualize}. */
export interface HistogramEqualizeOptions {
  /** From 2 to 65536. @defaultValue 256 */
  readonly bins?: number;
  /** What the first and last bin end at; without it, the image's own extremes. @defaultValue [0, 1] */
  readonly range?: readonly [number, number] | "image";
}

/** As many as a pixel's index, of 16 bits, can tell apart. */
export const binsRule: rule.Rule = rule.integer(2, 2 ** 16);
/** What the bins cover. */
export const rangeRule: rule.Rule = rule.either(rule.word("image"), rule.interval(rule.finite));

type Equalize = { readonly bins: number; readonly range: readonly number[] };

/** {@link histogramEqualize} as a replayable operation. */
export function histogramEqualizeOperation(
  options: HistogramEqualizeOptions = {},
): Operation<Equalize> {
  const { bins = 256, range = [0, 1] } = rule.checked("histogramEqualize", options, {
    bins: binsRule,
    range: rangeRule,
  });
  return {
    name: "histogramEqualize",
    draw: () => ({ bins, range: range === "image" ? [] : range }),
    apply: (sample, drawn) => {
      const { data } = sample.image;
      const [low, high] = rangeOf("histogramEqualize", data, drawn.range);
      const index = binsOf(data, drawn.bins, low, high);
      const counts = new Float64Array(drawn.bins);
      for (const bin of index) counts[bin] = (counts[bin] as number) + 1;
      const table = cumulative(counts);
      const out = new Float32Array(data.length);
      for (let i = 0; i < out.length; i += 1) {
        out[i] = low + (high - low) * (table[index[i] as number] as number);
      }
      return withData(sample, out);
    },
  };
}

/** The given range, or the extremes of the data. */
export function rangeOf(
  where: string,
  data: Float32Array,
  range: readonly number[],
): readonly [number, number] {
  const given = range as unknown as readonly [number, number];
  return range.length === 2 ? given : checkedEnds(where, extremesOf(data));
}

/** The bin of each value; what lies beyond belongs to the first or last, NaN to the first. */
export function binsOf(data: Float32Array, bins: number, low: number, high: number): Uint16Array {
  const out = new Uint16Array(data.length);
  const scale = high > low ? bins / (high - low) : 0;
  for (let i = 0; i < data.length; i += 1) {
    const bin = Math.floor(((data[i] as number) - low) * scale);
    out[i] = bin < 0 ? 0 : bin >= bins ? bins - 1 : bin;
  }
  return out;
}

/** Shares of what lies above the lowest bin that is not empty: 0 for that bin, 1 for the last. */
function cumulative(counts: Float64Array): Float64Array {
  const lowest = counts.find((count) => count > 0) ?? 0;
  const total = counts.reduce((a, b) => a + b, 0) - lowest;
  let sum = -lowest;
  return counts.map((count) => {
    sum += count;
    return total > 0 ? Math.max(0, sum) / total : 0;
  });
}

/** Histogram equalisation over the whole image: `(cdf − cdf_min) / (n − cdf_min)`, OpenCV's `equalizeHist`. */
export function histogramEqualize(options: HistogramEqualizeOptions = {}): Transform {
  return ownTransformOf(histogramEqualizeOperation(options));
}

/** Options of {@link histogramMatch}. */
export interface HistogramMatchOptions {
  /**
   * What the histogram should be like: an image, or landmarks, the values at evenly spaced percentiles from
   * 0 to 100 (of one image, or the means over many: Nyúl and Udupa's standard scale), at least 2, none below
   * the one before.
   */
  readonly reference: Raster | readonly number[];
  /** Landmarks taken from an image, at least 2. @defaultValue 101 */
  readonly landmarks?: number;
}

/** Floats, as {@link sampleOf} gives them. */
const imageRule: rule.Rule = {
  expects: "an image whose data are a Float32Array",
  accepts: (value) => (value as { data?: unknown } | undefined)?.data instanceof Float32Array,
};
const finiteList = rule.list(rule.finite, 2);
const landmarksRule: rule.Rule = {
  expects: "landmarks: 2 or more finite numbers, none below the one before",
  accepts: (value) =>
    finiteList.accepts(value) &&
    (value as number[]).every((mark, i, marks) => i === 0 || mark >= (marks[i - 1] as number)),
};

/** {@link histogramMatch} as a replayable operation. */
export function histogramMatchOperation(
  options: HistogramMatchOptions,
): Operation<{ readonly landmarks: readonly number[] }> {
  const { reference, landmarks = 101 } = rule.checked("histogramMatch", options, {
    reference: rule.required(rule.either(imageRule, landmarksRule)),
    landmarks: rule.integer(2),
  });
  const given = "data" in reference ? landmarksOf(reference, landmarks) : reference;
  return {
    name: "histogramMatch",
    draw: () => ({ landmarks: given }),
    apply: (sample, { landmarks: wanted }) => {
      const own = landmarksOf(sample.image, wanted.length);
      const { data } = sample.image;
      return withData(
        sample,
        Float32Array.from(data, (value) => interpolated(value, own, wanted)),
      );
    },
  };
}

/**
 * Values at so many evenly spaced percentiles from 0 to 100.
 *
 * @throws DiraError for less than 2, or pixels that are no finite numbers.
 */
export function landmarksOf(image: Pick<Raster, "data">, count: number): number[] {
  rule.checked("landmarksOf", { count }, { count: rule.integer(2) });
  const marks = percentilesOf(
    image,
    Array.from({ length: count }, (_, i) => (100 * i) / (count - 1)),
  );
  checkedEnds("landmarksOf", [marks[0] as number, marks[count - 1] as number]);
  return marks;
}

/** `numpy.interp`; of equal knots the last counts. */
function interpolated(value: number, from: readonly number[], to: readonly number[]): number {
  let [low, high] = [0, from.length - 1];
  if (value <= (from[0] as number)) return to[0] as number;
  if (value >= (from[high] as number)) return to[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((from[middle] as number) <= value) low = middle;
    else high = middle;
  }
  const [a, b] = [from[low] as number, from[high] as number];
  const share = (value - a) / (b - a);
  return (to[low] as number) + share * ((to[high] as number) - (to[low] as number));
}

/**
 * Histogram matching by landmarks, piecewise linear between them: with many, scikit-image's
 * `match_histograms`; with few, TorchIO's `HistogramStandardization`.
 *
 * @see Nyúl and Udupa 1999, https://doi.org/10.1002/(SICI)1522-2594(199912)42:6%3C1072::AID-MRM11%3E3.0.CO;2-M
 */
export function histogramMatch(options: HistogramMatchOptions): Transform {
  return ownTransformOf(histogramMatchOperation(options));
}
