// The two products of a linear model, in float64. Four sums at a time hide the latency of an addition.

/**
 * X Vᵀ: `[N, C]` by `[L, C]`.
 *
 * @param x - `[N, C]`. @param v - `[L, C]`. @param out - `[N, L]`, written.
 */
export function timesTransposed(
  x: Float32Array,
  v: Float64Array,
  C: number,
  out: Float64Array,
): void {
  const [N, L] = [x.length / C, v.length / C];
  for (let n = 0; n < N; n += 1) {
    const row = n * C;
    for (let l = 0; l < L; l += 4) {
      const [a, b, c, d] = [l, l + 1, l + 2, l + 3].map((i) => Math.min(i, L - 1) * C) as Four;
      let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
      for (let i = 0; i < C; i += 1) {
        const value = x[row + i] as number;
        sumA += value * (v[a + i] as number);
        sumB += value * (v[b + i] as number);
        sumC += value * (v[c + i] as number);
        sumD += value * (v[d + i] as number);
      }
      const at = n * L + l;
      out[at] = sumA;
      if (l + 1 < L) out[at + 1] = sumB;
      if (l + 2 < L) out[at + 2] = sumC;
      if (l + 3 < L) out[at + 3] = sumD;
    }
  }
}

/**
 * Rᵀ X: `[N, L]` by `[N, C]`.
 *
 * @param r - `[N, L]`. @param x - `[N, C]`. @param out - `[L, C]`, written.
 */
export function transposedTimes(
  r: Float64Array,
  x: Float32Array,
  C: number,
  out: Float64Array,
): void {
  const [N, L] = [x.length / C, out.length / C];
  out.fill(0);
  for (let n = 0; n < N; n += 4) {
    const rows = [n, n + 1, n + 2, n + 3].map((i) => Math.min(i, N - 1));
    const [a, b, c, d] = rows.map((i) => i * C) as Four;
    for (let l = 0; l < L; l += 1) {
      const at = l * C;
      // A row past the end is the last one again, and counts for nothing.
      const [rA, rB, rC, rD] = rows.map((i, j) => (n + j < N ? r[i * L + l] : 0)) as Four;
      for (let i = 0; i < C; i += 1) {
        out[at + i] =
          (out[at + i] as number) +
          rA * (x[a + i] as number) +
          rB * (x[b + i] as number) +
          rC * (x[c + i] as number) +
          rD * (x[d + i] as number);
      }
    }
  }
}

type Four = [number, number, number, number];
