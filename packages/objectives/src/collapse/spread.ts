import { DiraError } from "@dira/tensor";
import { effectiveRank, type EmbeddingTable } from "./effective-rank.ts";

/** How embeddings of held-out images spread. */
export interface SpreadMeasures {
  /** Mean standard deviation of the normalised dimensions, times √C: 1 for random directions, 0 collapsed. */
  readonly embedding_std: number;
  /** RankMe: how many dimensions are in use, 1 to min(N, C). */
  readonly effective_rank: number;
  /** log mean exp(−2 ‖zᵢ − zⱼ‖²) over pairs: 0 collapsed; lower is more uniform. */
  readonly uniformity: number;
  /** mean ‖z₁ − z₂‖² of the two views of an image: 0 is perfect. Without second views it is left out. */
  readonly alignment?: number;
}

/**
 * Measures how embeddings spread over the sphere.
 *
 * @param first - of N images, any length; normalised here. @param second - of their other views.
 * @throws DiraError for less than two images, or second views of another shape.
 * @see Garrido et al. 2023 (RankMe, eq. 2), https://arxiv.org/abs/2210.02885; Wang and Isola 2020,
 *   https://arxiv.org/abs/2005.10242
 */
export function measureSpread(first: EmbeddingTable, second?: EmbeddingTable): SpreadMeasures {
  const [N, C] = first.shape;
  if (N < 2 || C < 1 || first.data.length !== N * C) {
    throw new DiraError(
      `measureSpread: expected [N, C] with N at least 2, got [${N}, ${C}] with ${first.data.length} values.`,
    );
  }
  if (second !== undefined && String(second.shape) !== String(first.shape)) {
    throw new DiraError(
      `measureSpread: second views must be [${N}, ${C}] as the first, got [${second.shape.join(", ")}].`,
    );
  }
  const unit = normalisedRows(first);
  const measures = {
    embedding_std: spreadOfDimensions(unit, N, C),
    effective_rank: effectiveRank(first),
    uniformity: uniformityOf(unit, N, C),
  };
  if (second === undefined) return measures;
  const other = normalisedRows(second);
  let distance = 0;
  for (let i = 0; i < unit.length; i += 1) {
    distance += ((unit[i] as number) - (other[i] as number)) ** 2;
  }
  return { ...measures, alignment: distance / N };
}

function normalisedRows({ data, shape: [N, C] }: EmbeddingTable): Float64Array {
  const unit = Float64Array.from(data);
  for (let n = 0; n < N; n += 1) {
    const row = unit.subarray(n * C, (n + 1) * C);
    const length = Math.hypot(...row);
    if (length > 0) row.forEach((value, k) => (row[k] = value / length));
  }
  return unit;
}

function spreadOfDimensions(unit: Float64Array, N: number, C: number): number {
  let sum = 0;
  for (let k = 0; k < C; k += 1) {
    let [mean, square] = [0, 0];
    for (let n = 0; n < N; n += 1) {
      const value = unit[n * C + k] as number;
      mean += value / N;
      square += (value * value) / N;
    }
    sum += Math.sqrt(Math.max(0, square - mean * mean));
  }
  return (sum / C) * Math.sqrt(C);
}

function uniformityOf(unit: Float64Array, N: number, C: number): number {
  let sum = 0;
  for (let i = 0; i < N; i += 1) {
    for (let j = 0; j < i; j += 1) {
      let distance = 0;
      for (let k = 0; k < C; k += 1) {
        distance += ((unit[i * C + k] as number) - (unit[j * C + k] as number)) ** 2;
      }
      sum += Math.exp(-2 * distance);
    }
  }
  return Math.log((2 * sum) / (N * (N - 1)));
}
