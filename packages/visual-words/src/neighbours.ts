import { DiraError } from "@dira/augmentations";

/**
 * The numbers of the patients whose features lie nearest to a patient's, nearest first, by Euclidean
 * distance (TransVW's); equally near ones in their order. A patient among them who is the reference
 * himself is found too, at distance 0.
 *
 * @param features - of each patient, all of one length.
 * @param count - how many; all where there are fewer.
 * @throws DiraError for features of another length, or that are no numbers.
 * @see Haghighi et al. 2021, section III-A, https://arxiv.org/abs/2102.10680
 */
export function nearestPatients(
  features: readonly ArrayLike<number>[],
  reference: ArrayLike<number>,
  count: number,
): number[] {
  const distances = features.map((feature, patient) => {
    const squared = squaredDistance(feature, reference);
    if (Number.isFinite(squared) && feature.length === reference.length) return squared;
    throw new DiraError(
      `nearestPatients: expected ${reference.length} finite features of each patient, patient ${patient} has ${feature.length}${feature.length === reference.length ? ", not all of them finite, or the reference's are not" : ""}.`,
    );
  });
  return distances
    .map((_, patient) => patient)
    .sort((a, b) => (distances[a] as number) - (distances[b] as number) || a - b)
    .slice(0, count);
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i += 1) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}
