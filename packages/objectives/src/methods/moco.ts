import { gather, mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { DiraError, l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import { infoNce } from "../losses/info-nce.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { checkViews, momentumTwin } from "./momentum-twin.ts";
import { enqueue, randomQueue } from "./queue.ts";

/** Options of {@link moco}. */
export interface MocoOptions {
  readonly encoder: ObjectiveEncoder;
  /** Makes an encoder of the same architecture, for the momentum twin. */
  readonly createEncoder: () => ObjectiveEncoder;
  /** Width of the embedding. @defaultValue 128 (MoCo) */
  readonly features?: number;
  /** Width of the projector's hidden layer. @defaultValue that of the encoder's last stage */
  readonly hiddenFeatures?: number;
  /** K. @defaultValue 65536 (MoCo) */
  readonly queueSize?: number;
  /** m of the twin. @defaultValue 0.999 (MoCo) */
  readonly momentum?: number;
  /** τ. @defaultValue 0.2 (MoCo v2, DiRA) */
  readonly temperature?: number;
  /**
   * Groups in which keys are normalised: shuffle-BN's form on one device. Keys are permuted, each
   * group is normalised on its own, and the order is put back, so that a query cannot recognise its
   * key by shared batch statistics. @defaultValue 8 for batches of 128 and more, else 1
   */
  readonly bnSplits?: number;
  /**
   * Whether view 2 must find the key of view 1 as well: `½ (L(q₁, k₂) + L(q₂, k₁))`, at twice the cost. Both
   * keys join the queue afterwards, so that none is a negative in its own step. @defaultValue false (MoCo v2)
   */
  readonly symmetric?: boolean;
  /** Seeds the projector and the queue. @defaultValue `createRandom("moco")` */
  readonly random?: Random;
}

/**
 * Momentum Contrast, version 2: the query of view 1 must find the key of view 2, made by a slowly
 * moving twin of encoder and projector, among a queue of earlier keys.
 *
 * The twin has no decoder. Its parameters follow those of the encoder after each optimiser step
 * (which equals MoCo's "before the next keys"); its batch-norm statistics come from its own passes.
 *
 * @throws DiraError when the twin's architecture differs.
 * @see He et al. 2020, algorithm 1, https://arxiv.org/abs/1911.05722; Chen et al. 2020,
 *   https://arxiv.org/abs/2003.04297
 */
export function moco(options: MocoOptions): Objective {
  const {
    encoder,
    features = 128,
    queueSize = 65536,
    momentum = 0.999,
    temperature = 0.2,
    symmetric = false,
  } = options;
  const random = options.random ?? createRandom("moco");
  const last = lastStage("moco", encoder);
  const sizes = [last.channels, options.hiddenFeatures ?? last.channels, features];
  const project = (): ReturnType<typeof mlpHead> =>
    mlpHead({ features: sizes, random: random.derive("projector") });
  const [projector, twinProjector] = [project(), project()];
  const twin = momentumTwin(encoder, options.createEncoder, {
    projector: [projector, twinProjector],
  });
  const initial = randomQueue(queueSize, features, random.derive("queue"));
  const queue = tf.variable(initial, false);
  initial.dispose();
  return {
    name: "moco",
    views: 2,
    ...gather({ projector }),
    state: { ...twin.state, queue },
    chance: () => Math.log(queueSize + 1),
    targets: (views, { mode, random }) => {
      checkViews("moco", views, 2);
      const embed = (x: tf.Tensor): tf.Tensor =>
        l2Normalize(twinProjector.apply(last.pool(twin.encoder.apply(x, mode)), mode));
      const keysOf = (view: tf.Tensor, random: Random): tf.Tensor => {
        const usual = (view.shape[0] ?? 0) >= 128 ? 8 : 1;
        const splits = mode === "infer" ? 1 : (options.bnSplits ?? usual);
        return tf.tidy(() => inShuffledGroups(view, splits, random, embed));
      };
      const keys = keysOf(views[1] as tf.Tensor, random);
      if (!symmetric) return { keys };
      return { keys, otherKeys: keysOf(views[0] as tf.Tensor, random.derive("other view")) };
    },
    loss: (encode, { keys, otherKeys }, { mode }) => {
      const contrastOf = (view: number, keys: tf.Tensor): [tf.Tensor2D, tf.Scalar] => {
        const queries = projector.apply(last.pool(encode(view)), mode);
        const negatives = queue as tf.Tensor as tf.Tensor2D;
        return [queries, infoNce(queries, keys as tf.Tensor2D, negatives, { temperature })];
      };
      const [queries, first] = contrastOf(0, keys as tf.Tensor);
      const metrics = { embedding_std: embeddingStd(queries) };
      if (otherKeys === undefined) return { loss: first, metrics };
      const [, second] = contrastOf(1, otherKeys);
      return { loss: tf.mul(tf.add(first, second), 0.5), metrics };
    },
    commit: ({ keys, otherKeys }) => {
      twin.follow(momentum);
      tf.tidy(() => {
        const fresh = [keys, ...(otherKeys === undefined ? [] : [otherKeys])] as tf.Tensor2D[];
        queue.assign(enqueue(queue as tf.Tensor as tf.Tensor2D, tf.concat(fresh)));
      });
    },
  };
}

/** Permutes the batch, embeds it group by group, and puts the rows back in order. */
function inShuffledGroups(
  x: tf.Tensor,
  groups: number,
  random: Random,
  embed: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  if (groups <= 1) return embed(x);
  const count = x.shape[0] ?? 0;
  if (count % groups !== 0) {
    throw new DiraError(
      `moco: \`bnSplits\` (${groups}) must divide the batch (${count}). Choose another batch size or number of splits.`,
    );
  }
  const order = [...random.derive("shuffle-bn").permutation(count)];
  const back = new Array<number>(count);
  order.forEach((from, to) => (back[from] = to));
  const parts = tf.split(tf.gather(x, tf.tensor1d(order, "int32")), groups);
  return tf.gather(tf.concat(parts.map(embed)), tf.tensor1d(back, "int32"));
}
