import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { length, pseudoRandom } from "./samples.ts";

/** A tensor as plain data, which fast-check can print and shrink, and which outlives `tf.tidy`. */
export interface Sample {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** An inclusive range. */
export type Range = readonly [min: number, max: number];

/** The tensor of a sample; it owns a copy of the values. */
export function toTensor<T extends tf.Tensor = tf.Tensor2D>(sample: Sample): T {
  return tf.tensor(sample.values.slice(), [...sample.shape]) as T;
}

/** Options of {@link embeddings} and {@link views}. */
export interface EmbeddingOptions {
  /** N. @defaultValue [2, 6] */
  readonly batch?: Range;
  /** C. @defaultValue [2, 8] */
  readonly features?: Range;
  /**
   * Lengths of rows, each row its own, evenly spread over orders of magnitude: `[1e-20, 1e15]` holds
   * what float32 may meet. @defaultValue rows of numbers in (−1, 1)
   */
  readonly norms?: Range;
}

const seeds: fc.Arbitrary<number> = fc.nat(1_000_000);
const between = ([min, max]: Range): fc.Arbitrary<number> => fc.integer({ min, max });

/** Embeddings of several views, all of one shape `[N, C]`, row n of the same image. */
export function views(count: number, options: EmbeddingOptions = {}): fc.Arbitrary<Sample[]> {
  const { batch = [2, 6], features = [2, 8], norms } = options;
  return fc.record({ N: between(batch), C: between(features), seed: seeds }).map(({ N, C, seed }) =>
    Array.from({ length: count }, (_, view) => {
      const sample = { shape: [N, C], values: pseudoRandom([N, C], 7 * seed + view) };
      return norms === undefined ? sample : withNorms(sample, norms, 7 * seed + view + 3);
    }),
  );
}

/** Embeddings `[N, C]`. */
export function embeddings(options: EmbeddingOptions = {}): fc.Arbitrary<Sample> {
  return views(1, options).map(([first]) => first as Sample);
}

/** Options of {@link queues}. */
export interface QueueOptions {
  /** K. @defaultValue [1, 9] */
  readonly size?: Range;
  /** C. @defaultValue [2, 8] */
  readonly features?: Range;
}

/** Queues of keys `[K, C]`: rows of length one. */
export function queues({ size = [1, 9], features }: QueueOptions = {}): fc.Arbitrary<Sample> {
  return embeddings({ batch: size, ...(features && { features }), norms: [1, 1] });
}

/** Options of {@link featureMaps} and {@link images}. */
export interface MapOptions {
  readonly spatialRank: 2 | 3;
  /** N. @defaultValue [1, 3] */
  readonly batch?: Range;
  /** Size of each spatial axis, each its own. @defaultValue [1, 6] */
  readonly size?: Range;
  /** C. @defaultValue [1, 3] */
  readonly channels?: Range;
}

/** Feature maps `[N, …spatial, C]` of numbers in (−1, 1). */
export function featureMaps(options: MapOptions): fc.Arbitrary<Sample> {
  const { spatialRank, batch = [1, 3], size = [1, 6], channels = [1, 3] } = options;
  const sizes = fc.array(between(size), { minLength: spatialRank, maxLength: spatialRank });
  return fc.tuple(between(batch), sizes, between(channels), seeds).map(([N, spatial, C, seed]) => {
    const shape = [N, ...spatial, C];
    return { shape, values: pseudoRandom(shape, seed) };
  });
}

/** Images `[N, …spatial, C]` of numbers in (0, 1). */
export function images(options: MapOptions): fc.Arbitrary<Sample> {
  return featureMaps(options).map(({ shape, values }) => ({
    shape,
    values: values.map((value) => (value + 1) / 2),
  }));
}

/** Each row of a length of its own, `10^u` with u even between the logarithms of both ends. */
function withNorms({ shape, values }: Sample, [min, max]: Range, seed: number): Sample {
  const [N = 0, C = 1] = shape;
  const shares = pseudoRandom([N], seed).map((u) => (u + 1) / 2);
  const scaled = values.slice();
  for (let n = 0; n < N; n += 1) {
    const row = values.subarray(n * C, (n + 1) * C);
    const norm = min * (max / min) ** (shares[n] ?? 0);
    row.forEach((value, c) => (scaled[n * C + c] = (value / length(row)) * norm));
  }
  return { shape, values: scaled };
}
