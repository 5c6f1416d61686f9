import * as tf from "@tensorflow/tfjs";
import { isRecording, withGradient } from "./custom-gradient.ts";
import { fusedBatchNorm, fusedBatchNormGradient, fusesBatchNorm } from "./fused-batch-norm.ts";
import { normalize, normalizeGradient } from "./normalize.ts";
import { spatialAxes, spatialRankOf } from "./spatial.ts";

/**
 * Instance normalisation without learned scale, as `torch.nn.functional.instance_norm`: each
 * channel of each sample to mean 0 and variance 1 over its spatial positions.
 *
 * @param x - `[N, …, C]`.
 * @param epsilon - added to the variance. @defaultValue 1e-5 (PyTorch)
 * @see Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022
 */
export function instanceNorm<T extends tf.Tensor>(x: T, epsilon = 1e-5): T {
  spatialRankOf(x, "instanceNorm");
  if (fusesBatchNorm()) return sampleBySample(x, epsilon) as T;
  return tf.tidy(() => normalize(x, spatialAxes(x), epsilon) as T);
}

/** The engine's fused batch norm on each sample alone. */
function sampleBySample(x: tf.Tensor, epsilon: number): tf.Tensor {
  return withGradient([x], (save) => {
    const [scale, offset] = constants(x);
    const normalised = samples(x).map((sample) => fusedBatchNorm(sample, scale, offset, epsilon));
    save([x, ...normalised.flatMap(({ reserves }) => [...reserves])]);
    const gradient = (dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] => {
      const [x, ...reserves] = saved as [tf.Tensor, ...tf.Tensor[]];
      // The fused gradient has none of its own.
      if (isRecording()) return [normalizeGradient(dy, x, spatialAxes(x), epsilon)];
      return tf.tidy(() => {
        const [scale] = constants(x);
        const dys = samples(dy);
        const dxs = samples(x).map((sample, i) => {
          const own = reserves.slice(3 * i, 3 * i + 3);
          return fusedBatchNormGradient(dys[i] as tf.Tensor, sample, scale, own, epsilon)[0];
        });
        return [tf.concat(dxs)];
      });
    };
    return { value: tf.concat(normalised.map(({ y }) => y)), gradient };
  });
}

function constants(x: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const channels = [x.shape[x.rank - 1] ?? 1];
  return [tf.ones(channels), tf.zeros(channels)];
}

function samples(x: tf.Tensor): tf.Tensor[] {
  const [count = 0, ...rest] = x.shape;
  const origin = rest.map(() => 0);
  return Array.from({ length: count }, (_, i) => tf.slice(x, [i, ...origin], [1, ...rest]));
}
