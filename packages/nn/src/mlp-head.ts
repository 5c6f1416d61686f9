import type { Random } from "@dira/random";
import { DiraError, relu } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { linear } from "./layers.ts";
import { gather, type Module } from "./module.ts";

/** Options of {@link mlpHead}. */
export interface MlpHeadOptions {
  /** Features in, hidden, …, out: `[2048, 2048, 128]` is MoCo v2's. */
  readonly features: readonly number[];
  readonly random: Random;
}

/**
 * Linear layers with ReLU between them: MoCo v2's projection head.
 *
 * Parameters are named by position as in `nn.Sequential`: `0.weight`, `0.bias`, `2.weight`, ….
 *
 * @see Chen et al. 2020, section 3, https://arxiv.org/abs/2003.04297
 */
export function mlpHead({ features, random }: MlpHeadOptions): Module<tf.Tensor2D, tf.Tensor2D> {
  if (features.length < 2) {
    throw new DiraError(
      `mlpHead: \`features\` needs at least an input and an output size, got [${features.join(", ")}].`,
    );
  }
  const layers = features.slice(1).map((outFeatures, i) => {
    const inFeatures = features[i] as number;
    return linear({ inFeatures, outFeatures, random: random.derive(i) });
  });
  const named = Object.fromEntries(layers.map((layer, i) => [String(2 * i), layer]));
  return {
    ...gather(named),
    apply: (x, mode) =>
      tf.tidy(() => layers.reduce((y, layer, i) => layer.apply(i === 0 ? y : relu(y), mode), x)),
  };
}
