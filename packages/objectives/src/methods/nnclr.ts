import { gather, mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { detach, l2Normalize, withoutGradient } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import { inBatchInfoNce } from "../losses/in-batch-info-nce.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { checkViews } from "./momentum-twin.ts";
import { enqueue, randomQueue } from "./queue.ts";

/** Options of {@link nnClr}. */
export interface NnClrOptions {
  readonly encoder: ObjectiveEncoder;
  /** Width of projections and predictions. @defaultValue 256 (NNCLR) */
  readonly features?: number;
  /** Widths of the projector's and the predictor's hidden layers. @defaultValue [2048, 4096] (NNCLR) */
  readonly hiddenFeatures?: readonly [projector: number, predictor: number];
  /** Embeddings in the support set. @defaultValue 98304 (NNCLR) */
  readonly queueSize?: number;
  /** τ. @defaultValue 0.1 (NNCLR) */
  readonly temperature?: number;
  /** Seeds heads and support set. @defaultValue `createRandom("nnclr")` */
  readonly random?: Random;
}

/**
 * Nearest-neighbour contrast: the positive of a view is not its own image's other view but what lies
 * nearest to it in a queue of earlier embeddings: `L = ½ Σ CE(NN(z₁) · p₂) + CE(NN(z₂) · p₁)`.
 *
 * @see Dwibedi et al. 2021, eq. 3 and 4, https://arxiv.org/abs/2104.14548
 */
export function nnClr(options: NnClrOptions): Objective {
  const { encoder, features = 256, hiddenFeatures = [2048, 4096] } = options;
  const { queueSize = 98304, temperature = 0.1 } = options;
  const random = options.random ?? createRandom("nnclr");
  const last = lastStage("nnClr", encoder);
  const [wide, wider] = hiddenFeatures;
  const projector = mlpHead({
    features: [last.channels, wide, wide, features],
    norm: true,
    lastNorm: "affine",
    random: random.derive("projector"),
  });
  const predictor = mlpHead({
    features: [features, wider, features],
    norm: true,
    random: random.derive("predictor"),
  });
  const initial = randomQueue(queueSize, features, random.derive("queue"));
  const queue = tf.variable(initial, false);
  initial.dispose();
  const support = queue as tf.Tensor as tf.Tensor2D;
  return {
    name: "nnclr",
    views: 2,
    ...gather({ projector, predictor }),
    state: { queue },
    chance: (images) => Math.log(images),
    targets: (views) => {
      checkViews("nnClr", views, 2);
      return {};
    },
    loss: (encode, _, { mode }) => {
      const z = [0, 1].map((view) => projector.apply(last.pool(encode(view)), mode));
      const [z1, z2] = z as [tf.Tensor2D, tf.Tensor2D];
      const [p1, p2] = z.map((each) => predictor.apply(each, mode)) as [tf.Tensor2D, tf.Tensor2D];
      const both = tf.add(
        inBatchInfoNce(nearest(z1, support), p2, { temperature }),
        inBatchInfoNce(nearest(z2, support), p1, { temperature }),
      );
      return {
        loss: tf.mul(both, 0.5) as tf.Scalar,
        metrics: { embedding_std: embeddingStd(z1) },
        remember: { embeddings: detach(l2Normalize(z1)) },
      };
    },
    commit: ({ embeddings }) =>
      tf.tidy(() => queue.assign(enqueue(support, embeddings as tf.Tensor2D))),
  };
}

/** Of each row the most similar row of the support set: constants. */
function nearest(z: tf.Tensor2D, support: tf.Tensor2D): tf.Tensor2D {
  return withoutGradient(() => {
    const similarities = tf.matMul(l2Normalize(z), support, false, true);
    return tf.gather(support, tf.argMax(similarities, 1)) as tf.Tensor2D;
  });
}
