import { gather, mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import { byolLoss } from "../losses/negative-cosine.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { checkViews, cosineMomentum, momentumTwin } from "./momentum-twin.ts";
import type { Head } from "./two-view.ts";

/** Options of {@link byol}. */
export interface ByolOptions {
  readonly encoder: ObjectiveEncoder;
  /** Makes an encoder of the same architecture, for the momentum twin. */
  readonly createEncoder: () => ObjectiveEncoder;
  /** Width of projections and predictions. @defaultValue 256 (BYOL) */
  readonly features?: number;
  /** Width of the heads' hidden layers. @defaultValue 4096 (BYOL) */
  readonly hiddenFeatures?: number;
  /** m of the twin at the start; rises to 1 by a cosine. @defaultValue 0.996 (BYOL) */
  readonly momentum?: number;
  /** Seeds the heads. @defaultValue `createRandom("byol")` */
  readonly random?: Random;
}

/**
 * Bootstrap your own latent: a predictor of view 1 must meet what a slowly moving twin makes of view 2,
 * and the other way round. No negatives.
 *
 * @see Grill et al. 2020, algorithm 1, https://arxiv.org/abs/2006.07733
 */
export function byol(options: ByolOptions): Objective {
  const { encoder, features = 256, hiddenFeatures = 4096, momentum = 0.996 } = options;
  const random = options.random ?? createRandom("byol");
  const last = lastStage("byol", encoder);
  const head = (name: string, inFeatures: number): Head =>
    mlpHead({
      features: [inFeatures, hiddenFeatures, features],
      norm: true,
      random: random.derive(name),
    });
  const projector = head("projector", last.channels);
  const predictor = head("predictor", features);
  const twinProjector = head("projector", last.channels);
  const twin = momentumTwin(encoder, options.createEncoder, {
    projector: [projector, twinProjector],
  });
  return {
    name: "byol",
    views: 2,
    ...gather({ projector, predictor }),
    state: twin.state,
    targets: (views, { mode }) => {
      checkViews("byol", views, 2);
      const project = (view: tf.Tensor): tf.Tensor =>
        tf.tidy(() => twinProjector.apply(last.pool(twin.encoder.apply(view, mode)), mode));
      return { z1: project(views[0] as tf.Tensor), z2: project(views[1] as tf.Tensor) };
    },
    loss: (encode, targets, { mode }) => {
      const z = [0, 1].map((view) => projector.apply(last.pool(encode(view)), mode));
      const [p1, p2] = z.map((each) => predictor.apply(each, mode)) as [tf.Tensor2D, tf.Tensor2D];
      const { z1, z2 } = targets as { z1: tf.Tensor2D; z2: tf.Tensor2D };
      return {
        loss: tf.add(byolLoss(p1, z2), byolLoss(p2, z1)),
        metrics: { embedding_std: embeddingStd(z[0] as tf.Tensor2D) },
      };
    },
    commit: (_, { progress }) => twin.follow(cosineMomentum(momentum, progress)),
  };
}
