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

/** Options of {@link groupedSampler}. */
export interface GroupedSamplerOptions extends UniformSamplerOptions {
  /** Images that are shown by turns, before the next ones come. */
  readonly group: number;
}

/**
 * Every image as often as every other, a few images at a time, for patches of volumes that don't all fit
 * in memory: an epoch permutes the images, takes them in groups of `group`, and permutes the `group ·
 * repeats` draws of each group. The draws of an image thus lie within one stretch of `group · repeats`, and
 * a cache that holds `group` volumes reads each volume once an epoch. The order depends on seed and epoch
 * alone.
 *
 * @throws DataError when `count`, `repeats` or `group` is not a whole number above 0.
 */
export function groupedSampler(options: GroupedSamplerOptions): Sampler {
  const { count, seed, repeats = 1, group } = options;
  for (const [what, value] of Object.entries({ count, repeats, group })) {
    checkWhole("groupedSampler", what, value);
  }
  const length = count * repeats;
  return {
    length,
    order: (epoch) => {
      const random = createRandom(seed, "grouped order", epoch);
      const images = random.derive("images").permutation(count);
      const order = new Uint32Array(length);
      for (let first = 0; first < count; first += group) {
        const members = images.subarray(first, first + group);
        const draws = random.derive("group", first).permutation(members.length * repeats);
        order.set(
          draws.map((draw) => members[draw % members.length] as number),
          first * repeats,
        );
      }
      return order;
    },
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
