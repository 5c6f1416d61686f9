import type { FeatureTable } from "../features/feature-table.ts";

/** Per feature, what makes its mean 0 and its deviation 1: `(x − mean) / scale`. */
export interface Standardisation {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Deviations below this share of the mean are float32's rounding: the feature is constant. */
const CONSTANT = 1e-7;

/**
 * Mean and population standard deviation of each feature, in float64; the scale of a constant feature is
 * 1. As `sklearn.preprocessing.StandardScaler`.
 */
export function standardisationOf({ data, shape: [N, C] }: FeatureTable): Standardisation {
  const mean = new Float64Array(C);
  const scale = new Float64Array(C);
  for (let i = 0; i < data.length; i += 1) {
    mean[i % C] = (mean[i % C] as number) + (data[i] as number) / N;
  }
  for (let i = 0; i < data.length; i += 1) {
    const off = (data[i] as number) - (mean[i % C] as number);
    scale[i % C] = (scale[i % C] as number) + (off * off) / N;
  }
  for (let c = 0; c < C; c += 1) {
    const deviation = Math.sqrt(scale[c] as number);
    scale[c] = deviation > CONSTANT * Math.abs(mean[c] as number) ? deviation : 1;
  }
  return { mean, scale };
}
