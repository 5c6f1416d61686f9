import type { Random } from "@dira/random";
import { detach, DiraError, ShapeError, valueAndGradients } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** From a batch of images `[N, …, C]` to scores `[N, …]`, as a critic gives them. */
export type Score = (images: tf.Tensor) => tf.Tensor;

/** Smallest square of a norm: its root has a gradient of 0 below, as `torch.linalg.vector_norm` has at 0. */
const TINY = 1e-24;

/**
 * How far a critic's slope is from 1 between real images and restorations:
 * `mean_i (‖∇_x̂ C(x̂)_i‖₂ − 1)²` with `x̂_i = ε_i · real_i + (1 − ε_i) · fake_i`, one ε_i ~ U[0, 1) for each image.
 *
 * `C(x̂)_i` is the mean of image i's score map, so the penalty does not depend on the size of the map. Images are
 * constants; gradients flow to the critic's weights, through the gradient by x̂: the critic needs operations
 * that are differentiable twice, as those of `@dira/tensor` are. An image must not see the others of its batch,
 * so batch norm has no place in the critic; instance norm, within one image, has.
 *
 * In PyTorch: `torch.autograd.grad(critic(x).mean((1, 2, 3)).sum(), x, create_graph=True)`, and the norms' penalty.
 *
 * @param score - the critic. @param real - `[N, …, C]`. @param fake - of the same shape.
 * @param random - gives the ε, one after the other: parts of a batch, in order, from one stream get
 *   the ε that the whole gets.
 * @throws ShapeError when real and fake differ in shape; DiraError when the score does not depend on the image.
 * @see Gulrajani et al. 2017, eq. 3 and section 4, https://arxiv.org/abs/1704.00028
 */
export function gradientPenalty(
  score: Score,
  real: tf.Tensor,
  fake: tf.Tensor,
  random: Random,
): tf.Scalar {
  if (real.shape.join() !== fake.shape.join()) {
    throw new ShapeError(
      `gradientPenalty: expected real and restored images of one shape, got [${real.shape.join(", ")}] and [${fake.shape.join(", ")}].`,
      real.shape.join(", "),
      fake.shape,
    );
  }
  return tf.tidy(() => {
    const between = interpolated(real, fake, random);
    const { gradients } = valueAndGradients(() => sumOfMeans(score(between)), [between]);
    const [slope] = gradients;
    if (slope === undefined) {
      throw new DiraError("gradientPenalty: the score does not depend on the image.");
    }
    const squares = tf.sum(tf.square(rows(slope)), 1);
    return tf.mean(tf.square(tf.sub(tf.sqrt(tf.maximum(squares, TINY)), 1)));
  });
}

/** x̂, a constant. */
function interpolated(real: tf.Tensor, fake: tf.Tensor, random: Random): tf.Tensor {
  const images = real.shape[0] ?? 0;
  const shares = Float32Array.from({ length: images }, () => random.uniform());
  const share = tf.tensor(shares, [images, ...new Array<number>(real.rank - 1).fill(1)]);
  return detach(tf.add(tf.mul(real, share), tf.mul(fake, tf.sub(1, share))));
}

/** Σ over images of the mean of each one's scores: images being apart, its gradient has all of theirs. */
function sumOfMeans(scores: tf.Tensor): tf.Scalar {
  return tf.sum(tf.mean(rows(scores), 1));
}

/** `[N, everything else]`. */
function rows(x: tf.Tensor): tf.Tensor2D {
  const images = x.shape[0] ?? 0;
  return tf.reshape(x, [images, x.size / images]);
}
