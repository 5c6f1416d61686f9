import { DiraError } from "@dira/tensor";

/** Embeddings on the host: `[N, C]`, row by row. */
export interface EmbeddingTable {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

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

/** A sign that training has gone wrong, and what to do about it. */
export interface CollapseWarning {
  readonly name: "collapsed-embeddings" | "few-dimensions" | "loss-at-chance";
  readonly advice: string;
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

/**
 * RankMe: `exp(−Σ pₖ log pₖ)` with `pₖ = σₖ / Σ σ` of the singular values σ of the embeddings.
 *
 * @see Garrido et al. 2023, eq. 2, https://arxiv.org/abs/2210.02885
 */
export function effectiveRank({ data, shape: [N, C] }: EmbeddingTable): number {
  // σ² are the eigenvalues of the smaller of Z Zᵀ and Zᵀ Z.
  const [side, inner] = N <= C ? [N, C] : [C, N];
  const at = (i: number, k: number): number => data[N <= C ? i * C + k : k * C + i] as number;
  const gram = Array.from({ length: side }, () => new Float64Array(side));
  for (let i = 0; i < side; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = 0;
      for (let k = 0; k < inner; k += 1) sum += at(i, k) * at(j, k);
      (gram[i] as Float64Array)[j] = sum;
      (gram[j] as Float64Array)[i] = sum;
    }
  }
  const sigma = symmetricEigenvalues(gram).map((value) => Math.sqrt(Math.max(0, value)));
  const total = sigma.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 1;
  const entropy = sigma.reduce((sum, value) => {
    const p = value / total;
    return p > 0 ? sum - p * Math.log(p) : sum;
  }, 0);
  return Math.exp(entropy);
}

/** Eigenvalues of a symmetric matrix by cyclic Jacobi rotations; the matrix is used up. */
function symmetricEigenvalues(a: Float64Array[]): number[] {
  const n = a.length;
  const trace = a.reduce((sum, row, i) => sum + (row[i] as number) ** 2, 0);
  for (let sweep = 0; sweep < 30; sweep += 1) {
    let off = 0;
    for (let i = 0; i < n; i += 1) {
      for (let j = 0; j < i; j += 1) off += ((a[i] as Float64Array)[j] as number) ** 2;
    }
    if (off <= 1e-20 * trace) break;
    for (let p = 0; p < n - 1; p += 1) {
      for (let q = p + 1; q < n; q += 1) rotate(a, p, q);
    }
  }
  return a.map((row, i) => row[i] as number);
}

/** Turns axes p and q so that `a[p][q]` becomes 0. */
function rotate(a: Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [a[p] as Float64Array, a[q] as Float64Array];
  const apq = rowP[q] as number;
  if (apq === 0) return;
  const theta = ((rowQ[q] as number) - (rowP[p] as number)) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < a.length; k += 1) {
    const row = a[k] as Float64Array;
    const [x, y] = [row[p] as number, row[q] as number];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
  for (let k = 0; k < a.length; k += 1) {
    const [x, y] = [rowP[k] as number, rowQ[k] as number];
    rowP[k] = c * x - s * y;
    rowQ[k] = s * x + c * y;
  }
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

/** When {@link collapseWarnings} warns. */
export interface CollapseLimits {
  /** Of `embedding_std`. @defaultValue 0.05 */
  readonly std?: number;
  /** Of `effective_rank`, as a share of what N and C allow. @defaultValue 0.02 */
  readonly rankShare?: number;
  /** How near the loss may be to chance, relatively. @defaultValue 0.01 */
  readonly chance?: number;
}

/**
 * What is suspicious about embeddings and loss.
 *
 * @param loss - with `chance`, what the loss is when nothing was learnt (`log(K + 1)` of MoCo,
 *   `log(2N − 1)` of SimCLR).
 */
export function collapseWarnings(
  spread: SpreadMeasures,
  [N, C]: readonly [number, number],
  loss?: { readonly value: number; readonly chance: number },
  limits: CollapseLimits = {},
): CollapseWarning[] {
  const { std = 0.05, rankShare = 0.02, chance = 0.01 } = limits;
  const warnings: CollapseWarning[] = [];
  if (spread.embedding_std < std) {
    warnings.push({
      name: "collapsed-embeddings",
      advice: `all images have nearly the same embedding (std ${spread.embedding_std.toFixed(3)}, 1 for random ones). Lower the learning rate, use a larger batch, or check that targets are detached.`,
    });
  }
  const most = Math.min(N, C);
  if (spread.effective_rank < Math.max(1.5, rankShare * most)) {
    warnings.push({
      name: "few-dimensions",
      advice: `embeddings use ${spread.effective_rank.toFixed(1)} of ${most} dimensions. Use more varied views, or a redundancy term (Barlow Twins, VICReg).`,
    });
  }
  if (loss !== undefined && Math.abs(loss.value - loss.chance) < chance * loss.chance) {
    warnings.push({
      name: "loss-at-chance",
      advice: `the loss ${loss.value.toFixed(3)} is what guessing gives (${loss.chance.toFixed(3)}). Raise the learning rate, lower the temperature, or check that both views are of the same image.`,
    });
  }
  return warnings;
}
