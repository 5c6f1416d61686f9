import { gather, initialise, linear, type Mode, type Module, torchDefault } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { dinoLoss, type DinoLossOptions } from "../losses/dino-loss.ts";
import { embeddingStd } from "../losses/embedding-std.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { held, isBefore } from "./held.ts";
import { checkViews, cosineMomentum, momentumTwin } from "./momentum-twin.ts";
import type { Head } from "./two-view.ts";

/** Options of {@link dino}. */
export interface DinoOptions extends Omit<DinoLossOptions, "teacherTemperature"> {
  readonly encoder: ObjectiveEncoder;
  /** Makes an encoder of the same architecture, for the teacher. */
  readonly createEncoder: () => ObjectiveEncoder;
  /** K, the number of prototypes. @defaultValue 65536 (DINO) */
  readonly prototypes?: number;
  /** Width of the head's hidden layers and of its bottleneck. @defaultValue [2048, 256] (DINO) */
  readonly hiddenFeatures?: readonly [hidden: number, bottleneck: number];
  /** Further, smaller views, which only the student sees. @defaultValue 0 (DINO: 8) */
  readonly localViews?: number;
  /** m of the teacher at the start; rises to 1 by a cosine. @defaultValue 0.996 (DINO) */
  readonly momentum?: number;
  /** τ_t from the first to the second over the first share of training. @defaultValue [0.04, 0.07] (DINO) */
  readonly teacherTemperature?: readonly [start: number, end: number];
  /** @defaultValue 0.3 (30 of 100 epochs) */
  readonly warmUp?: number;
  /**
   * Share of the training during which the student's prototypes stay as they are; without `progress`, none.
   *
   * @defaultValue 0.01 (1 of 100 epochs)
   */
  readonly freezePrototypes?: number;
  /** Weight of the old centre. @defaultValue 0.9 (DINO) */
  readonly centerMomentum?: number;
  /** Seeds the heads. @defaultValue `createRandom("dino")` */
  readonly random?: Random;
}

/**
 * Self-distillation without labels: the student's distribution over prototypes for one view is to be
 * that of its momentum teacher for another. Centring and sharpening of the teacher keep it from
 * collapsing.
 *
 * @see Caron et al. 2021, algorithm 1, https://arxiv.org/abs/2104.14294
 */
export function dino(options: DinoOptions): Objective {
  const { encoder, prototypes = 65536, hiddenFeatures = [2048, 256], localViews = 0 } = options;
  const { momentum = 0.996, teacherTemperature = [0.04, 0.07], warmUp = 0.3 } = options;
  const { freezePrototypes = 0.01 } = options;
  const random = options.random ?? createRandom("dino");
  const last = lastStage("dino", encoder);
  const head = (): DinoHead => dinoHead([last.channels, ...hiddenFeatures, prototypes], random);
  const [student, teacher] = [head(), head()];
  const twin = momentumTwin(encoder, options.createEncoder, { head: [student, teacher] });
  const center = tf.tidy(() => tf.variable(tf.zeros([prototypes]), false));
  return {
    name: "dino",
    views: 2 + localViews,
    ...gather({ head: student }),
    state: { ...twin.state, center },
    chance: () => Math.log(prototypes),
    targets: (views, { mode }) => {
      checkViews("dino", views, 2 + localViews);
      const logits = (view: tf.Tensor): tf.Tensor =>
        tf.tidy(() => teacher.apply(last.pool(twin.encoder.apply(view, mode)), mode));
      return { t0: logits(views[0] as tf.Tensor), t1: logits(views[1] as tf.Tensor) };
    },
    loss: (encode, targets, { mode, progress }) => {
      const fixed = isBefore(progress, freezePrototypes);
      const students = Array.from({ length: 2 + localViews }, (_, view) =>
        student.apply(last.pool(encode(view)), mode, fixed),
      );
      const [from, to] = teacherTemperature;
      const warm = warmUp === 0 ? 1 : Math.min(1, (progress ?? 0) / warmUp);
      const temperatures = { ...options, teacherTemperature: from + (to - from) * warm };
      const terms = [0, 1].flatMap((view) =>
        students.flatMap((own, other) => {
          if (other === view) return [];
          const wanted = targets[`t${view}`] as tf.Tensor2D;
          return [dinoLoss(own, wanted, center as tf.Tensor as tf.Tensor1D, temperatures)];
        }),
      );
      return {
        loss: tf.div(tf.addN(terms), terms.length),
        metrics: { embedding_std: embeddingStd(students[0] as tf.Tensor2D) },
      };
    },
    commit: ({ t0, t1 }, { progress }) => {
      twin.follow(cosineMomentum(momentum, progress));
      const keep = options.centerMomentum ?? 0.9;
      tf.tidy(() => {
        const batch = tf.mean(tf.concat([t0 as tf.Tensor2D, t1 as tf.Tensor2D]), 0);
        center.assign(tf.add(tf.mul(center, keep), tf.mul(batch, 1 - keep)));
      });
    },
  };
}

/** A head whose last layer can be kept from moving. */
interface DinoHead extends Head {
  apply(x: tf.Tensor2D, mode: Mode, fixed?: boolean): tf.Tensor2D;
}

/**
 * DINO's head: linear layers with GELU to a bottleneck of length one, then the cosine with each
 * prototype (a weight-normalised linear layer whose gain stays 1).
 */
function dinoHead(
  [inFeatures = 0, hidden = 0, bottleneck = 0, K = 0]: number[],
  random: Random,
): DinoHead {
  const own = random.derive("head");
  const sizes = [inFeatures, hidden, hidden, bottleneck];
  const layers = sizes
    .slice(1)
    .map((outFeatures, i) =>
      linear({ inFeatures: sizes[i] as number, outFeatures, random: own.derive(i) }),
    );
  const prototypes = initialise(
    [K, bottleneck],
    torchDefault(bottleneck),
    own.derive("prototypes"),
  );
  const named = Object.fromEntries(layers.map((layer, i) => [`mlp.${2 * i}`, layer]));
  const parts: Pick<Module<never, unknown>, "parameters" | "buffers"> = gather(named);
  return {
    parameters: { ...parts.parameters, prototypes },
    buffers: parts.buffers,
    apply: (x, mode, fixed = false) =>
      tf.tidy(() => {
        const z = layers.reduce((y, layer, i) => layer.apply(i === 0 ? y : gelu(y), mode), x);
        const centres = l2Normalize((fixed ? held(prototypes) : prototypes) as tf.Tensor2D);
        return tf.matMul(l2Normalize(z), centres, false, true);
      }),
  };
}

/** `x Φ(x)`, Φ the normal distribution function. */
function gelu<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))) as T;
}
