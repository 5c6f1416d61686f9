/**
 * Turns logits `[N, L]` into ∂loss/∂logit in place and gives the mean loss: per label over its known rows,
 * then summed over labels.
 */
export type LogisticLoss = (
  logits: Float64Array,
  truth: Float64Array,
  known: Float64Array,
) => number;

/**
 * Binary cross-entropy of each label: `log(1 + eᶻ) − y z`; rows with NaN have no part in it.
 *
 * @param known - `[L]`, rows in which each label is known.
 */
export const sigmoidLoss: LogisticLoss = (logits, truth, known) => {
  const L = known.length;
  let loss = 0;
  for (let i = 0; i < logits.length; i += 1) {
    const [z, y, count] = [logits[i], truth[i], known[i % L]] as [number, number, number];
    if (Number.isNaN(y) || count === 0) {
      logits[i] = 0;
      continue;
    }
    loss += (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - y * z) / count;
    logits[i] = (sigmoid(z) - y) / count;
  }
  return loss;
};

/** Cross-entropy of the classes: `log Σⱼ e^zⱼ − z_y`; truth is 1 at the class and 0 elsewhere. */
export const softmaxLoss: LogisticLoss = (logits, truth, known) => {
  const [L, N] = [known.length, logits.length / known.length];
  let loss = 0;
  for (let start = 0; start < logits.length; start += L) {
    const row = logits.subarray(start, start + L);
    const own = row.reduce((sum, z, l) => sum + z * (truth[start + l] as number), 0);
    loss += (softmaxInPlace(row) - own) / N;
    for (let l = 0; l < L; l += 1) {
      row[l] = ((row[l] as number) - (truth[start + l] as number)) / N;
    }
  }
  return loss;
};

/** 1 / (1 + e⁻ᶻ), without overflow. */
export function sigmoid(z: number): number {
  const small = Math.exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + small) : small / (1 + small);
}

/** Makes logits probabilities; gives log Σ e^z. */
export function softmaxInPlace(row: Float64Array): number {
  const highest = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = row.reduce((sum, z) => sum + Math.exp(z - highest), 0);
  row.forEach((z, l) => (row[l] = Math.exp(z - highest) / total));
  return highest + Math.log(total);
}
