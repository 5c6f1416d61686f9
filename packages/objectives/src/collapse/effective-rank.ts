/** Embeddings on the host: `[N, C]`, row by row. */
export interface EmbeddingTable {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
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
