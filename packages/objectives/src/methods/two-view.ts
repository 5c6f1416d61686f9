import { gather, type Module } from "@dira/nn";
import type * as tf from "@tensorflow/tfjs";
import { embeddingStd } from "../losses/embedding-std.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { checkViews } from "./momentum-twin.ts";

/** A head: from pooled features to an embedding. */
export type Head = Module<tf.Tensor2D, tf.Tensor2D>;

/**
 * A method without state: both views go through the encoder and one projector, and a loss compares the
 * two embeddings. Barlow Twins, SimCLR and VICReg are of this kind.
 */
export function twoViewObjective(
  name: string,
  encoder: ObjectiveEncoder,
  projector: Head,
  loss: (z1: tf.Tensor2D, z2: tf.Tensor2D) => tf.Scalar,
  chance?: Objective["chance"],
): Objective {
  const last = lastStage(name, encoder);
  return {
    name,
    views: 2,
    ...gather({ projector }),
    state: {},
    ...(chance && { chance }),
    targets: (views) => {
      checkViews(name, views, 2);
      return {};
    },
    loss: (encode, _, { mode }) => {
      const [z1, z2] = [0, 1].map((view) => projector.apply(last.pool(encode(view)), mode)) as [
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      return { loss: loss(z1, z2), metrics: { embedding_std: embeddingStd(z1) } };
    },
    commit: () => undefined,
  };
}
