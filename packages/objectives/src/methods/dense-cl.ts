import { gather, mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { l2Normalize, withoutGradient } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import { infoNce } from "../losses/info-nce.ts";
import type { FeatureMaps, Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage, type LastStage } from "./features.ts";
import { checkViews, momentumTwin } from "./momentum-twin.ts";
import { enqueue, randomQueue } from "./queue.ts";
import type { Head } from "./two-view.ts";

/** Options of {@link denseCl}. */
export interface DenseClOptions {
  readonly encoder: ObjectiveEncoder;
  /** Makes an encoder of the same architecture, for the momentum twin. */
  readonly createEncoder: () => ObjectiveEncoder;
  /** Width of both embeddings. @defaultValue 128 (DenseCL) */
  readonly features?: number;
  /** Width of both heads' hidden layers. @defaultValue 2048 (DenseCL) */
  readonly hiddenFeatures?: number;
  /** K of each of the two queues. @defaultValue 65536 (DenseCL) */
  readonly queueSize?: number;
  /** λ, the share of the dense loss. @defaultValue 0.5 (DenseCL) */
  readonly lambda?: number;
  /** m of the twin. @defaultValue 0.999 (DenseCL) */
  readonly momentum?: number;
  /** τ. @defaultValue 0.2 (DenseCL) */
  readonly temperature?: number;
  /** Seeds heads and queues. @defaultValue `createRandom("dense-cl")` */
  readonly random?: Random;
}

/**
 * Dense contrast: beside MoCo's contrast of whole images, each position of view 1's feature map must
 * find the position of view 2's that looks most like it, among a queue of earlier images' positions'
 * means: `L = (1 − λ) L_global + λ L_dense`. It keeps what the decoder needs: features of places.
 *
 * @see Wang et al. 2021, eq. 2 and 3, https://arxiv.org/abs/2011.09157
 */
export function denseCl(options: DenseClOptions): Objective {
  const { encoder, features = 128, hiddenFeatures = 2048, queueSize = 65536 } = options;
  const { lambda = 0.5, momentum = 0.999, temperature = 0.2 } = options;
  const random = options.random ?? createRandom("dense-cl");
  const last = lastStage("denseCl", encoder);
  const head = (name: string): Head =>
    mlpHead({ features: [last.channels, hiddenFeatures, features], random: random.derive(name) });
  const [projector, dense, twinProjector, twinDense] = [
    "projector",
    "dense",
    "projector",
    "dense",
  ].map(head) as [Head, Head, Head, Head];
  const twin = momentumTwin(encoder, options.createEncoder, {
    projector: [projector, twinProjector],
    dense: [dense, twinDense],
  });
  const [queue, denseQueue] = ["queue", "dense queue"].map((name) =>
    tf.tidy(() => tf.variable(randomQueue(queueSize, features, random.derive(name)), false)),
  ) as [tf.Variable<tf.Rank.R2>, tf.Variable<tf.Rank.R2>];
  return {
    name: "dense-cl",
    views: 2,
    ...gather({ projector, dense }),
    state: { ...twin.state, queue, dense_queue: denseQueue },
    chance: () => Math.log(queueSize + 1),
    targets: (views, { mode }) => {
      checkViews("denseCl", views, 2);
      return tf.tidy(() => {
        const maps = twin.encoder.apply(views[1] as tf.Tensor, mode);
        const { rows, count } = positions(last, maps);
        const places = l2Normalize(twinDense.apply(rows, mode));
        return {
          key: l2Normalize(twinProjector.apply(last.pool(maps), mode)),
          map: rows, // what positions are matched by
          places,
          mean: l2Normalize(tf.mean(tf.reshape(places, [count, -1, features]), 1)),
        };
      }) as never;
    },
    loss: (encode, targets, { mode }) => {
      const { key, map, places } = targets as Record<string, tf.Tensor2D>;
      const maps = encode(0);
      const query = projector.apply(last.pool(maps), mode);
      const { rows, count } = positions(last, maps);
      const own = dense.apply(rows, mode);
      const matched = withoutGradient(() => {
        const match = bestMatches(rows, map as tf.Tensor2D, count);
        return tf.gather(places as tf.Tensor2D, match) as tf.Tensor2D;
      });
      const whole = infoNce(query, key as tf.Tensor2D, queue, { temperature });
      const local = infoNce(own, matched, denseQueue, { temperature });
      return {
        loss: tf.add(tf.mul(whole, 1 - lambda), tf.mul(local, lambda)),
        metrics: { embedding_std: embeddingStd(query), loss_dense: local },
      };
    },
    commit: ({ key, mean }) => {
      twin.follow(momentum);
      tf.tidy(() => {
        queue.assign(enqueue(queue, key as tf.Tensor2D));
        denseQueue.assign(enqueue(denseQueue, mean as tf.Tensor2D));
      });
    },
  };
}

/** The positions of feature maps as rows, `[N·S, C]`, image after image. */
function positions(last: LastStage, maps: FeatureMaps): { rows: tf.Tensor2D; count: number } {
  const map = last.map(maps);
  return { rows: tf.reshape(map, [-1, last.channels]), count: map.shape[0] as number };
}

/** For each position of view 1 the row of the position of view 2, same image, most like it: `[N·S]`. */
function bestMatches(first: tf.Tensor2D, second: tf.Tensor2D, count: number): tf.Tensor1D {
  const [a, b] = [first, second].map((rows) =>
    l2Normalize(tf.reshape(rows, [count, -1, rows.shape[1]])),
  ) as [tf.Tensor3D, tf.Tensor3D];
  const best = tf.argMax(tf.matMul(a, b, false, true), 2); // [N, S], within the image
  const places = b.shape[1];
  const offset = tf.range(0, count * places, places, "int32");
  return tf.reshape(tf.add(best, tf.expandDims(offset, 1)), [-1]);
}
