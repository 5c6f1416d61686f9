import { DiraError } from "@dira/tensor";
import {
  checkFeatures,
  checkLabelled,
  type FeatureTable,
  type LabelledFeatures,
} from "../features/feature-table.ts";
import { areClasses, labelRows } from "../labels.ts";
import {
  type LogisticLoss,
  sigmoid,
  sigmoidLoss,
  softmaxInPlace,
  softmaxLoss,
} from "./logistic-loss.ts";
import { minimise, type SmoothFunction } from "./minimise.ts";
import { timesTransposed, transposedTimes } from "./products.ts";
import { type Standardisation, standardisationOf } from "./standardisation.ts";

/** Options of {@link linearProbe}. */
export interface LinearProbeOptions {
  /** C of scikit-learn: the losses' weight against the penalty; smaller is a stronger penalty. @defaultValue 1 */
  readonly c?: number;
  /** Ends when no part of the objective's gradient is larger. @defaultValue 1e-5 */
  readonly tolerance?: number;
  /** @defaultValue 1000 */
  readonly maxIterations?: number;
}

/** A linear classifier on frozen features. */
export interface LinearProbe {
  /** Of standardised features, `[L][C]`; of two classes one row, for class 1. */
  readonly coefficients: readonly Float64Array[];
  /** `[L]` */
  readonly intercepts: Float64Array;
  /** The largest part of the gradient where it ended: above the tolerance, it did not converge. */
  readonly gradient: number;
  readonly iterations: number;
  /**
   * Probabilities `[N][classes or labels]`.
   *
   * @throws DiraError for another number of features.
   */
  predict(features: FeatureTable): Float64Array[];
}

/**
 * Logistic regression on standardised features: `min C Σₙ loss(W x̃ₙ + b, yₙ) + ½ ‖W‖²`, over mean losses
 * and divided by C N, with x̃ the features at mean 0 and deviation 1 over the training images. The loss is
 * cross-entropy of the softmax for three classes or more, and of a sigmoid for two classes and for each
 * label; intercepts are not penalised.
 *
 * As `make_pipeline(StandardScaler(), LogisticRegression(C=c))` of scikit-learn, one of them for each label
 * over the images where it is known; but a label that all of these share is no error: it has no
 * coefficients and scores 0.5. L-BFGS in float64 on all images at once, from 0: nothing is drawn, and
 * engines make no difference.
 *
 * @throws DiraError when features and labels don't fit, or an option makes no sense.
 * @see Alain and Bengio 2016, https://arxiv.org/abs/1610.01644
 */
export function linearProbe(
  train: LabelledFeatures,
  options: LinearProbeOptions = {},
): LinearProbe {
  const { c = 1, tolerance = 1e-5, maxIterations = 1000 } = options;
  if (!(c > 0 && c < Infinity && tolerance > 0 && maxIterations >= 1)) {
    throw new DiraError(
      `linearProbe: expected c, tolerance and maxIterations above 0, got ${c}, ${tolerance} and ${maxIterations}.`,
    );
  }
  const count = checkLabelled("linearProbe", train);
  const task = taskOf(train, count);
  const standard = standardisationOf(train);
  const [, C] = train.shape;
  const f = objective(train, task, standard, c);
  const found = minimise(f, task.outputs * (C + 1), { tolerance, maxIterations });
  const coefficients = Array.from({ length: task.outputs }, (_, l) =>
    found.x.slice(l * C, (l + 1) * C),
  );
  const intercepts = found.x.slice(task.outputs * C);
  return {
    coefficients,
    intercepts,
    gradient: found.gradient,
    iterations: found.iterations,
    predict: (features) => {
      checkFeatures("linearProbe", features);
      if (features.shape[1] !== C) {
        throw new DiraError(
          `linearProbe: it was fitted to ${C} features, got ${features.shape[1]}.`,
        );
      }
      const logits = new Float64Array(features.shape[0] * task.outputs);
      logitsOf(found.x, features, standard, logits);
      return Array.from({ length: features.shape[0] }, (_, n) =>
        task.probabilities(logits.slice(n * task.outputs, (n + 1) * task.outputs)),
      );
    },
  };
}

/** What is fitted, and how outputs become probabilities. */
interface Task {
  readonly outputs: number;
  readonly loss: LogisticLoss;
  /** `[N, outputs]` */
  readonly truth: Float64Array;
  /** Per output the images that count; 0 where they are all alike. */
  readonly known: Float64Array;
  probabilities(logits: Float64Array): Float64Array;
}

function taskOf({ labels }: LabelledFeatures, count: number): Task {
  const rows = labelRows(labels, count);
  if (!areClasses(labels)) {
    const probabilities = (z: Float64Array): Float64Array => z.map(sigmoid);
    return { ...truthOf(rows, count), loss: sigmoidLoss, probabilities };
  }
  if (count === 2) {
    const probabilities = (z: Float64Array): Float64Array => {
      const p = sigmoid(z[0] as number);
      return Float64Array.of(1 - p, p);
    };
    const second = rows.map((row) => row.slice(1));
    return { ...truthOf(second, 1), loss: sigmoidLoss, probabilities };
  }
  const probabilities = (z: Float64Array): Float64Array => {
    softmaxInPlace(z);
    return z;
  };
  return { ...truthOf(rows, count), loss: softmaxLoss, probabilities };
}

function truthOf(
  rows: readonly (readonly number[])[],
  outputs: number,
): Pick<Task, "outputs" | "truth" | "known"> {
  const known = Float64Array.from({ length: outputs }, (_, l) => {
    const own = rows.map((row) => row[l]).filter((label) => !Number.isNaN(label));
    return new Set(own).size < 2 ? 0 : own.length;
  });
  return { outputs, truth: Float64Array.from(rows.flat()), known };
}

/** Mean losses and penalty of weights `[L, C]` followed by intercepts `[L]`, with their gradient. */
function objective(
  train: LabelledFeatures,
  { outputs, loss, truth, known }: Task,
  standard: Standardisation,
  c: number,
): SmoothFunction {
  const [N, C] = train.shape;
  const logits = new Float64Array(N * outputs);
  const images = loss === softmaxLoss ? known.map(() => N) : known;
  return (theta, gradient) => {
    logitsOf(theta, train, standard, logits);
    let value = loss(logits, truth, known);
    transposedTimes(logits, train.data, C, gradient.subarray(0, outputs * C));
    for (let l = 0; l < outputs; l += 1) {
      let residual = 0;
      for (let i = l; i < logits.length; i += outputs) residual += logits[i] as number;
      gradient[outputs * C + l] = residual;
      const penalty = 1 / (c * Math.max(1, images[l] as number));
      for (let k = 0; k < C; k += 1) {
        const [i, w] = [l * C + k, theta[l * C + k] as number];
        const raw = (gradient[i] as number) - (standard.mean[k] as number) * residual;
        gradient[i] = raw / (standard.scale[k] as number) + penalty * w;
        value += (penalty * w * w) / 2;
      }
    }
    return value;
  };
}

/** W x̃ + b, with the standardisation moved into weights and intercepts: features stay as they are. */
function logitsOf(
  theta: Float64Array,
  { data, shape: [, C] }: FeatureTable,
  { mean, scale }: Standardisation,
  out: Float64Array,
): void {
  const L = theta.length / (C + 1);
  const weights = theta.slice(0, L * C).map((w, i) => w / (scale[i % C] as number));
  timesTransposed(data, weights, C, out);
  for (let l = 0; l < L; l += 1) {
    let shift = theta[L * C + l] as number;
    for (let k = 0; k < C; k += 1) shift -= (weights[l * C + k] as number) * (mean[k] as number);
    for (let i = l; i < out.length; i += L) out[i] = (out[i] as number) + shift;
  }
}
