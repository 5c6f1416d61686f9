import { createRandom } from "@dira/random";
import { DataError } from "../image.ts";

/** In which order an epoch shows images. */
export interface Sampler {
  /** Draws an epoch. */
  readonly length: number;
  /** The draws of an epoch: positions in the list of images, `length` of them. */
  order(epoch: number): Uint32Array;
}

/** Options of {@link uniformSampler}. */
export interface UniformSamplerOptions {
  readonly count: number;
  readonly seed: number;
  /** How often an epoch shows each image: patches a volume, say. @defaultValue 1 */
  readonly repeats?: number;
}

/**
 * Every image as often as every other, in an order that depends on seed and epoch alone.
 *
 * @throws DataError when `count` or `repeats` is not a whole number above 0.
 */
export function uniformSampler({ count, seed, repeats = 1 }: UniformSamplerOptions): Sampler {
  checkWhole("uniformSampler", "count", count);
  checkWhole("uniformSampler", "repeats", repeats);
  const length = count * repeats;
  return {
    length,
    order: (epoch) =>
      createRandom(seed, "order", epoch)
        .permutation(length)
        .map((draw) => draw % count),
  };
}

/** Options of {@link classBalancedSampler}. */
export interface ClassBalancedSamplerOptions {
  /** Per image its label row, of which 1 counts. An image without any is of the class "none". */
  readonly labels: readonly (readonly number[])[];
  readonly seed: number;
  /** Draws an epoch. @defaultValue the number of images */
  readonly length?: number;
}

/**
 * Draws a class first, each equally likely, then an image of that class, with replacement: rare classes
 * come as often as common ones. Classes of no image are left out; an image of several classes comes up
 * in each of them.
 *
 * @throws DataError without images, or when `length` is not a whole number above 0.
 */
export function classBalancedSampler(options: ClassBalancedSamplerOptions): Sampler {
  const { labels, seed, length = labels.length } = options;
  const width = Math.max(0, ...labels.map((row) => row.length));
  const classes = Array.from({ length: width + 1 }, (_, label) =>
    labels.flatMap((row, i) => {
      const inClass = label < width ? row[label] === 1 : !row.includes(1);
      return inClass ? [i] : [];
    }),
  ).filter((members) => members.length > 0);
  if (classes.length === 0) throw new DataError("classBalancedSampler: there are no images.");
  checkWhole("classBalancedSampler", "length", length);
  return {
    length,
    order: (epoch) => {
      const random = createRandom(seed, "balanced order", epoch);
      return Uint32Array.from({ length }, () => {
        const members = classes[random.integer(0, classes.length)] as number[];
        return members[random.integer(0, members.length)] as number;
      });
    },
  };
}

function checkWhole(where: string, what: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new DataError(`${where}: \`${what}\` must be a whole number above 0, got ${value}.`);
}
