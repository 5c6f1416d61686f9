import { gather, initialise, mlpHead, torchDefault } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { detach, l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import { sinkhorn, type SinkhornOptions, swappedPrediction } from "../losses/swapped-prediction.ts";
import type { Objective, ObjectiveEncoder, Targets } from "../objective.ts";
import { lastStage } from "./features.ts";
import { held, isBefore } from "./held.ts";
import { checkViews } from "./momentum-twin.ts";
import { enqueue } from "./queue.ts";

/** Options of {@link swav}. */
export interface SwavOptions extends SinkhornOptions {
  readonly encoder: ObjectiveEncoder;
  /** Width of the embedding. @defaultValue 128 (SwAV) */
  readonly features?: number;
  /** Width of the projector's hidden layer. @defaultValue 2048 (SwAV) */
  readonly hiddenFeatures?: number;
  /** K. @defaultValue 3000 (SwAV) */
  readonly prototypes?: number;
  /** Further, smaller views, which predict but give no codes. @defaultValue 0 (SwAV: 6) */
  readonly localViews?: number;
  /**
   * Earlier embeddings of each of the two views that help to balance codes of small batches; they count
   * once the queue is full. @defaultValue 0 (SwAV at batch 256: 3840)
   */
  readonly queueSize?: number;
  /** τ. @defaultValue 0.1 (SwAV) */
  readonly temperature?: number;
  /** Share of the training during which prototypes stay as they are; without `progress`, none. @defaultValue 0.00125 (1 of 800 epochs) */
  readonly freezePrototypes?: number;
  /** Seeds projector and prototypes. @defaultValue `createRandom("swav")` */
  readonly random?: Random;
}

/**
 * Swapped assignments between views: each view must predict to which prototypes another view was
 * assigned, where assignments share the batch equally among the prototypes. Prototypes are of length
 * one; the first two views give codes.
 *
 * @see Caron et al. 2020, https://arxiv.org/abs/2006.09882
 */
export function swav(options: SwavOptions): Objective {
  const { encoder, features = 128, hiddenFeatures = 2048, prototypes: K = 3000 } = options;
  const { localViews = 0, queueSize = 0, freezePrototypes = 1 / 800 } = options;
  const random = options.random ?? createRandom("swav");
  const last = lastStage("swav", encoder);
  const projector = mlpHead({
    features: [last.channels, hiddenFeatures, features],
    norm: true,
    random: random.derive("projector"),
  });
  const start = torchDefault(features);
  const prototypes = initialise([K, features], start, random.derive("prototypes"));
  tf.tidy(() => prototypes.assign(l2Normalize(prototypes as tf.Tensor)));
  const { state, withEarlier, remember } = codeQueues(queueSize, features);
  const scoresOf = (z: tf.Tensor2D, centres: tf.Tensor): tf.Tensor2D =>
    tf.matMul(z, centres as tf.Tensor2D, false, true);
  const heads = gather({ projector });
  return {
    name: "swav",
    views: 2 + localViews,
    parameters: { ...heads.parameters, prototypes },
    buffers: heads.buffers,
    state,
    chance: () => Math.log(K),
    targets: (views) => {
      checkViews("swav", views, 2 + localViews);
      return {};
    },
    loss: (encode, _, { mode, progress }) => {
      const centres = isBefore(progress, freezePrototypes) ? held(prototypes) : prototypes;
      const z = Array.from({ length: 2 + localViews }, (_, view) =>
        l2Normalize(projector.apply(last.pool(encode(view)), mode)),
      );
      const scores = z.map((each) => scoresOf(each, centres));
      const codes = [0, 1].map((view) => {
        const own = scores[view] as tf.Tensor2D;
        const all = withEarlier(view, own, (earlier) => scoresOf(earlier, detach(prototypes)));
        return tf.slice(sinkhorn(all, options), [0, 0], own.shape);
      });
      return {
        loss: swapped(scores, codes, options),
        metrics: { embedding_std: embeddingStd(z[0] as tf.Tensor2D) },
        remember:
          queueSize === 0 ? {} : { z0: detach(z[0] as tf.Tensor), z1: detach(z[1] as tf.Tensor) },
      };
    },
    commit: (targets) => {
      tf.tidy(() => prototypes.assign(l2Normalize(prototypes as tf.Tensor)));
      remember(targets);
    },
  };
}

/** The mean over codes of the mean over the other views that predict them. */
function swapped(
  scores: readonly tf.Tensor2D[],
  codes: readonly tf.Tensor2D[],
  options: SwavOptions,
): tf.Scalar {
  const terms = codes.flatMap((code, from) =>
    scores.flatMap((score, view) =>
      view === from ? [] : [swappedPrediction(score, code, options)],
    ),
  );
  return tf.div(tf.addN(terms), terms.length);
}

/** The queues of earlier embeddings of the two views that give codes; empty for size 0. */
function codeQueues(
  size: number,
  features: number,
): {
  readonly state: Record<string, tf.Variable>;
  /** A view's scores, followed by those of its full queue. */
  withEarlier(
    view: number,
    own: tf.Tensor2D,
    score: (earlier: tf.Tensor2D) => tf.Tensor2D,
  ): tf.Tensor2D;
  remember(targets: Targets): void;
} {
  const queues =
    size === 0
      ? []
      : [0, 1].map(() => tf.tidy(() => tf.variable(tf.zeros([size, features]), false)));
  const isFull = (queue: tf.Tensor): boolean =>
    tf.tidy(() => (tf.sum(tf.abs(tf.slice(queue, [size - 1, 0]))).dataSync()[0] ?? 0) > 0);
  return {
    state: Object.fromEntries(queues.map((queue, view) => [`queue.${view}`, queue])),
    withEarlier: (view, own, score) => {
      const queue = queues[view] as tf.Tensor as tf.Tensor2D | undefined;
      if (queue === undefined || !isFull(queue)) return own;
      return tf.concat([own, score(queue)], 0);
    },
    remember: (targets) =>
      queues.forEach((queue, view) =>
        tf.tidy(() => {
          const earlier = queue as tf.Tensor as tf.Tensor2D;
          queue.assign(enqueue(earlier, targets[`z${view}`] as tf.Tensor2D));
        }),
      ),
  };
}
