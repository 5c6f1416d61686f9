import { DiraError, l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import {
  checkFeatures,
  checkLabelled,
  type FeatureTable,
  type LabelledFeatures,
} from "../features/feature-table.ts";
import { labelRows } from "../labels.ts";

/** Options of {@link kNearestNeighbours}. */
export interface NeighbourOptions {
  /** Neighbours that vote; at most as many as the bank has. @defaultValue 200 */
  readonly k?: number;
  /** τ of the weights. @defaultValue 0.1 */
  readonly temperature?: number;
}

/** Queries whose similarities to the whole bank are held at a time. */
const BLOCK = 256;

/**
 * Weighted vote of the k nearest neighbours by cosine: `Σᵢ wᵢ yᵢ / Σᵢ wᵢ` with `wᵢ = exp(cos(q, bᵢ) / τ)`
 * over the k bank features bᵢ nearest to the query q, where yᵢ is 1 for neighbours of the class, or with the
 * label. Neighbours whose label is unknown have no vote on it; without any vote a score is 0.5.
 *
 * Similarities are the engine's (float32), votes float64. `lightly.utils.benchmarking.knn_predict` ranks
 * classes in the same way; its sums are not divided by the weights', which makes scores of different
 * queries comparable, as AUROC needs.
 *
 * @returns `[N][classes or labels]`, in [0, 1].
 * @throws DiraError when features don't fit each other or their labels, or an option makes no sense.
 * @see Wu et al. 2018 (section 3.4), https://arxiv.org/abs/1805.01978; k and τ by
 *   https://docs.lightly.ai/self-supervised-learning/
 */
export async function kNearestNeighbours(
  bank: LabelledFeatures,
  queries: FeatureTable,
  options: NeighbourOptions = {},
): Promise<Float64Array[]> {
  const { k = 200, temperature = 0.1 } = options;
  const labels = checked(bank, queries, k, temperature);
  const rows = labelRows(bank.labels, labels);
  const used = Math.min(k, bank.shape[0]);
  const [M, C] = queries.shape;
  const keys = tf.tidy(() => l2Normalize(tf.tensor2d(bank.data, [...bank.shape])));
  const scores: Float64Array[] = [];
  try {
    for (let start = 0; start < M; start += BLOCK) {
      const values = queries.data.subarray(start * C, Math.min(M, start + BLOCK) * C);
      const nearest = await nearestTo(values, keys, used);
      for (let at = 0; at < nearest.indices.length; at += used) {
        const similarities = nearest.similarities.subarray(at, at + used);
        const neighbours = Array.from(
          nearest.indices.subarray(at, at + used),
          (i) => rows[i] as readonly number[],
        );
        scores.push(votes(similarities, neighbours, labels, temperature));
      }
    }
  } finally {
    keys.dispose();
  }
  return scores;
}

interface Nearest {
  /** `[queries, k]`, highest first. */
  readonly similarities: Float32Array;
  readonly indices: Int32Array;
}

async function nearestTo(values: Float32Array, keys: tf.Tensor2D, k: number): Promise<Nearest> {
  const found = tf.tidy(() => {
    const queries = l2Normalize(
      tf.tensor2d(values, [values.length / keys.shape[1], keys.shape[1]]),
    );
    return tf.topk(tf.matMul(queries, keys, false, true), k);
  });
  const [similarities, indices] = await Promise.all([found.values.data(), found.indices.data()]);
  tf.dispose([found.values, found.indices]);
  return { similarities: similarities as Float32Array, indices: indices as Int32Array };
}

function votes(
  similarities: Float32Array,
  neighbours: readonly (readonly number[])[],
  labels: number,
  temperature: number,
): Float64Array {
  // The highest similarity is taken off: the weights' ratios stay, and none overflows.
  const highest = similarities[0] as number;
  const weights = Array.from(similarities, (s) => Math.exp((s - highest) / temperature));
  return Float64Array.from({ length: labels }, (_, l) => {
    let [vote, total] = [0, 0];
    neighbours.forEach((row, i) => {
      const label = row[l] as number;
      if (Number.isNaN(label)) return;
      vote += (weights[i] as number) * label;
      total += weights[i] as number;
    });
    return total === 0 ? 0.5 : vote / total;
  });
}

/** How many classes or labels the bank has. */
function checked(
  bank: LabelledFeatures,
  queries: FeatureTable,
  k: number,
  temperature: number,
): number {
  const where = "kNearestNeighbours";
  if (!Number.isInteger(k) || k < 1) {
    throw new DiraError(`${where}: expected k of 1 or more neighbours, got ${k}.`);
  }
  if (!(temperature > 0)) {
    throw new DiraError(`${where}: expected a temperature above 0, got ${temperature}.`);
  }
  checkFeatures(`${where}, queries`, queries);
  if (bank.shape[1] !== queries.shape[1]) {
    throw new DiraError(
      `${where}: bank and queries must have as many features, got ${bank.shape[1]} and ${queries.shape[1]}.`,
    );
  }
  return checkLabelled(`${where}, bank`, bank);
}
