import * as tf from "@tensorflow/tfjs";

const BACKWARD = "DiraBatchNormGrad";

/**
 * Registers the gradient of the fused batch norm's gradient (dy, x, scale → dx, dscale, doffset), from
 * basic operations, so that gradient penalties pass through the fused kernel.
 *
 * With x̂ = (x − mean)·s, s = 1/√(variance + ε), means over the m values of a channel, and a, b, c the
 * gradients of dx, dscale, doffset, the form `⟨a, dx⟩ + ⟨b, dscale⟩ + ⟨c, doffset⟩` with
 * `dx = scale·s·(dy − mean(dy) − x̂·mean(dy·x̂))`, `dscale = Σ dy·x̂`, `doffset = Σ dy` is differentiated
 * by dy, scale and x (through x̂ and s).
 */
export function registerBatchNormSecondOrder(): void {
  if (tf.getGradient(BACKWARD) !== undefined) return;
  tf.registerGradient({
    kernelName: BACKWARD,
    inputsToSave: ["dy", "x", "scale"],
    gradFunc: (outer, saved, attributes) => {
      const [dy, x, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const { epsilon } = attributes as object as { epsilon: number };
      return secondOrder(outer as tf.Tensor[], dy, x, scale, epsilon);
    },
  });
}

function secondOrder(
  outer: readonly tf.Tensor[],
  dy: tf.Tensor,
  x: tf.Tensor,
  scale: tf.Tensor,
  epsilon: number,
): Record<"dy" | "x" | "scale", () => tf.Tensor> {
  const [a, b, c] = outer as [tf.Tensor, tf.Tensor, tf.Tensor];
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const mean = (t: tf.Tensor): tf.Tensor => tf.mean(t, axes);
  const { mean: center, variance } = tf.moments(x, axes);
  const s = tf.rsqrt(tf.add(variance, epsilon));
  const normal = tf.mul(tf.sub(x, center), s);
  const [aAlong, dyAlong] = [mean(tf.mul(a, normal)), mean(tf.mul(dy, normal))];
  /** What is left of t without its mean and its part along x̂. */
  const rest = (t: tf.Tensor, along: tf.Tensor): tf.Tensor =>
    tf.sub(tf.sub(t, mean(t)), tf.mul(normal, along));
  const count = x.size / (x.shape[x.rank - 1] ?? 1);
  return {
    dy: () => tf.add(tf.add(tf.mul(rest(a, aAlong), tf.mul(scale, s)), tf.mul(normal, b)), c),
    scale: () => tf.mul(tf.mul(mean(tf.mul(a, rest(dy, dyAlong))), s), count),
    x: () => {
      const mixed = tf.add(tf.mul(a, dyAlong), tf.mul(dy, aAlong));
      const byNormal = tf.sub(tf.mul(dy, b), tf.mul(mixed, tf.mul(scale, s)));
      const inNormal = tf.mul(rest(byNormal, mean(tf.mul(byNormal, normal))), s);
      const byScale = tf.mul(mean(tf.mul(a, rest(dy, dyAlong))), scale);
      return tf.sub(inNormal, tf.mul(normal, tf.mul(byScale, tf.square(s))));
    },
  };
}
