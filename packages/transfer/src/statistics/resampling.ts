import type { Random } from "@dira/random";
import { DiraError } from "@dira/tensor";

/** What is drawn, and how. */
export interface ResamplingOptions {
  readonly random: Random;
  /**
   * The patient of each image, any names: a patient is drawn with all of her images, as they are not
   * independent. @defaultValue each image stands for itself
   */
  readonly patients?: readonly (string | number)[];
  /** @defaultValue 2000 */
  readonly resamples?: number;
  /** Coverage of the interval. @defaultValue 0.95 */
  readonly level?: number;
}

/**
 * Images grouped by patient, in order of appearance.
 *
 * @throws DiraError for no images, other numbers of patients, or options that make no sense.
 */
export function clustersOf(
  where: string,
  images: number,
  { patients, resamples = 2000, level = 0.95 }: ResamplingOptions,
): number[][] {
  if (!Number.isInteger(images) || images < 1) {
    throw new DiraError(`${where}: expected one image or more, got ${images}.`);
  }
  if (patients !== undefined && patients.length !== images) {
    throw new DiraError(
      `${where}: expected a patient for each of ${images} images, got ${patients.length}.`,
    );
  }
  if (!Number.isInteger(resamples) || resamples < 1 || !(level > 0 && level < 1)) {
    throw new DiraError(
      `${where}: expected one resample or more and a level between 0 and 1, got ${resamples} and ${level}.`,
    );
  }
  const clusters = new Map<string | number, number[]>();
  for (let image = 0; image < images; image += 1) {
    const patient = patients?.[image] ?? image;
    const cluster = clusters.get(patient);
    if (cluster === undefined) clusters.set(patient, [image]);
    else cluster.push(image);
  }
  return [...clusters.values()];
}

/** The images of as many patients as there are, drawn with replacement; the k-th draw is always the same. */
export function resample(clusters: readonly number[][], random: Random, k: number): number[] {
  const draw = random.derive("resample", k);
  const images: number[] = [];
  for (let n = 0; n < clusters.length; n += 1) {
    images.push(...(clusters[draw.integer(0, clusters.length)] as number[]));
  }
  return images;
}
