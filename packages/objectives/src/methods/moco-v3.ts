import { gather, mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import { inBatchInfoNce } from "../losses/in-batch-info-nce.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { checkViews, cosineMomentum, momentumTwin } from "./momentum-twin.ts";
import type { Head } from "./two-view.ts";

/** Options of {@link mocoV3}. */
export interface MocoV3Options {
  readonly encoder: ObjectiveEncoder;
  /** Makes an encoder of the same architecture, for the momentum twin. */
  readonly createEncoder: () => ObjectiveEncoder;
  /** Width of queries and keys. @defaultValue 256 (MoCo v3) */
  readonly features?: number;
  /** Width of the heads' hidden layers. @defaultValue 4096 (MoCo v3) */
  readonly hiddenFeatures?: number;
  /** m of the twin at the start; rises to 1 by a cosine. @defaultValue 0.99 (MoCo v3) */
  readonly momentum?: number;
  /** τ. @defaultValue 1 (MoCo v3 with ResNet-50; 0.2 with ViT) */
  readonly temperature?: number;
  /** Seeds the heads. @defaultValue `createRandom("moco-v3")` */
  readonly random?: Random;
}

/**
 * MoCo without a queue: the query of a view, through a predictor, must find its key in the batch, made
 * by a momentum twin of the other view: `L = 2τ (CE(q₁, k₂) + CE(q₂, k₁))`. It wants large batches (the
 * paper: 4096).
 *
 * @see Chen et al. 2021, algorithm 1, https://arxiv.org/abs/2104.02057
 */
export function mocoV3(options: MocoV3Options): Objective {
  const { encoder, features = 256, hiddenFeatures = 4096 } = options;
  const { momentum = 0.99, temperature = 1 } = options;
  const random = options.random ?? createRandom("moco-v3");
  const last = lastStage("mocoV3", encoder);
  const project = (): Head =>
    mlpHead({
      features: [last.channels, hiddenFeatures, features],
      norm: true,
      lastNorm: "plain",
      random: random.derive("projector"),
    });
  const [projector, twinProjector] = [project(), project()];
  const predictor = mlpHead({
    features: [features, hiddenFeatures, features],
    norm: true,
    lastBias: false,
    random: random.derive("predictor"),
  });
  const twin = momentumTwin(encoder, options.createEncoder, {
    projector: [projector, twinProjector],
  });
  return {
    name: "moco-v3",
    views: 2,
    ...gather({ projector, predictor }),
    state: twin.state,
    chance: (images) => 4 * temperature * Math.log(images),
    targets: (views, { mode }) => {
      checkViews("mocoV3", views, 2);
      const key = (view: tf.Tensor): tf.Tensor =>
        tf.tidy(() => twinProjector.apply(last.pool(twin.encoder.apply(view, mode)), mode));
      return { k1: key(views[0] as tf.Tensor), k2: key(views[1] as tf.Tensor) };
    },
    loss: (encode, targets, { mode }) => {
      const [q1, q2] = [0, 1].map((view) =>
        predictor.apply(projector.apply(last.pool(encode(view)), mode), mode),
      ) as [tf.Tensor2D, tf.Tensor2D];
      const { k1, k2 } = targets as { k1: tf.Tensor2D; k2: tf.Tensor2D };
      const both = tf.add(
        inBatchInfoNce(q1, k2, { temperature }),
        inBatchInfoNce(q2, k1, { temperature }),
      );
      return {
        loss: tf.mul(both, 2 * temperature) as tf.Scalar,
        metrics: { embedding_std: embeddingStd(q1) },
      };
    },
    commit: (_, { progress }) => twin.follow(cosineMomentum(momentum, progress)),
  };
}
