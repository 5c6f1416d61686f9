// A method that no package ships, as a recipe of one's own:
//   npm run dira -- pretrain --recipe docs/examples/align-uniform.mjs --out runs/mine
// Alignment and uniformity on the sphere: Wang and Isola 2020, eq. 1 and 2, https://arxiv.org/abs/2005.10242
import { gather, mlpHead } from "@dira/nn";
import { embeddingStd, lastStage } from "@dira/objectives";
import { l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** What differs from `dira-2d-moco`. `objective` may hold any options; they come back as `options`. */
export const recipe = {
  extends: "dira-2d-moco",
  batch: 32,
  objective: { kind: "custom", features: 128, uniformity: 1, t: 2 },
};

/** mean ‖a − b‖² of the two views of each image: they should meet. */
const alignment = (a, b) => tf.mean(tf.sum(tf.squaredDifference(a, b), 1));

/** log mean exp(−t ‖zᵢ − zⱼ‖²) over pairs of images: they should spread over the sphere. */
function uniformity(z, t) {
  const n = z.shape[0];
  const similarity = tf.matMul(z, z, false, true);
  const closeness = tf.exp(tf.mul(tf.sub(similarity, 1), 2 * t)); // ‖zᵢ − zⱼ‖² = 2 − 2 zᵢ·zⱼ
  const pairs = tf.sub(tf.sum(closeness), n); // without each with itself
  return tf.log(tf.div(pairs, n * (n - 1)));
}

export function createObjective({ encoder, random, options }) {
  const last = lastStage("align-uniform", encoder);
  const projector = mlpHead({
    features: [last.channels, last.channels, options.features],
    random: random.derive("projector"),
  });
  return {
    name: "align-uniform",
    views: 2,
    ...gather({ projector }), // parameters and buffers of the heads
    state: {}, // nothing else must survive a restart
    targets: () => ({}), // nothing is held constant
    loss: (encode, _targets, { mode }) => {
      const embed = (view) => l2Normalize(projector.apply(last.pool(encode(view)), mode));
      const [a, b] = [embed(0), embed(1)];
      const spread = tf.div(tf.add(uniformity(a, options.t), uniformity(b, options.t)), 2);
      return {
        loss: tf.add(alignment(a, b), tf.mul(spread, options.uniformity)),
        metrics: { embedding_std: embeddingStd(a) },
      };
    },
    commit: () => undefined,
  };
}
