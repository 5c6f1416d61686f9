import { gather, mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import { negativeCosine } from "../losses/negative-cosine.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { checkViews } from "./momentum-twin.ts";

/** Options of {@link simSiam}. */
export interface SimSiamOptions {
  readonly encoder: ObjectiveEncoder;
  /** Width of projections and predictions. @defaultValue 2048 (SimSiam) */
  readonly features?: number;
  /** Width of the predictor's hidden layer. @defaultValue a quarter of `features` (SimSiam: 512) */
  readonly hiddenFeatures?: number;
  /** Seeds the heads. @defaultValue `createRandom("simsiam")` */
  readonly random?: Random;
}

/**
 * SimSiam: a predictor of view 1 must meet the projection of view 2, which is held constant, and the
 * other way round: `L = ½ D(p₁, z₂) + ½ D(p₂, z₁)`. No negatives, no twin.
 *
 * The projector has three layers with batch norm, the last without scale and offset; the predictor is a
 * bottleneck. The published recipe is SGD 0.05 × batch/256.
 *
 * @see Chen and He 2021, algorithm 1, https://arxiv.org/abs/2011.10566
 */
export function simSiam(options: SimSiamOptions): Objective {
  const { encoder, features = 2048 } = options;
  const { hiddenFeatures = Math.max(1, Math.round(features / 4)) } = options;
  const random = options.random ?? createRandom("simsiam");
  const last = lastStage("simSiam", encoder);
  const projector = mlpHead({
    features: [last.channels, last.channels, last.channels, features],
    norm: true,
    lastNorm: "plain",
    random: random.derive("projector"),
  });
  const predictor = mlpHead({
    features: [features, hiddenFeatures, features],
    norm: true,
    random: random.derive("predictor"),
  });
  return {
    name: "simsiam",
    views: 2,
    ...gather({ projector, predictor }),
    state: {},
    targets: (views) => {
      checkViews("simSiam", views, 2);
      return {};
    },
    loss: (encode, _, { mode }) => {
      const z = [0, 1].map((view) => projector.apply(last.pool(encode(view)), mode));
      const [z1, z2] = z as [tf.Tensor2D, tf.Tensor2D];
      const [p1, p2] = z.map((each) => predictor.apply(each, mode)) as [tf.Tensor2D, tf.Tensor2D];
      const both = tf.add(negativeCosine(p1, z2), negativeCosine(p2, z1));
      return {
        loss: tf.mul(both, 0.5) as tf.Scalar,
        metrics: { embedding_std: embeddingStd(z1) },
      };
    },
    commit: () => undefined,
  };
}
