import type { FeatureMaps } from "@dira/backbones";
import { type Mode, prefixed, type Variables } from "@dira/nn";
import type { ObjectiveContext, Targets } from "@dira/objectives";
import { DiraError, type FeatureMap, withGradient } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { DiraBatch, DiraParts, DiraWeights } from "./dira-step.ts";
import { type GradientPass, gradientsOf } from "./gradients.ts";
import {
  discriminativeScalars,
  type Encode,
  encodeOnce,
  memoised,
  restorativeLosses,
  viewOf,
} from "./losses.ts";

/** Some images of a batch, and their share of it. */
export interface MicroBatch extends DiraBatch {
  readonly start: number;
  readonly count: number;
  /** `count / N`. */
  readonly share: number;
}

/**
 * A batch in as few parts of at most `size` images as there can be, whose sizes differ by one at most: 16 images
 * in parts of 6 are 6, 5 and 5.
 *
 * @param fewest - images of a part; in training two, as batch norm would normalise one by itself.
 * @throws DiraError when a part would have fewer.
 */
export function microBatches(batch: DiraBatch, size: number, fewest: 1 | 2 = 2): MicroBatch[] {
  const images = batch.views[0]?.shape[0] ?? 0;
  const parts = Math.max(1, Math.ceil(images / size));
  const [least, larger] = [Math.floor(images / parts), images % parts];
  if (parts > 1 && least < fewest) {
    throw new DiraError(
      `diraStep: ${images} images in micro-batches of ${size} leave one image alone, which batch norm cannot normalise as a batch. Use an even batch, or \`microBatch\` 3.`,
    );
  }
  let next = 0;
  return Array.from({ length: parts }, (_, part) => {
    const [start, count] = [next, least + (part < larger ? 1 : 0)];
    next += count;
    const rows = <T extends tf.Tensor | undefined>(x: T): T =>
      (x === undefined ? x : rowsOf(x, start, count)) as T;
    return {
      start,
      count,
      share: count / images,
      views: batch.views.map(rows),
      target: rows(batch.target),
      labels: rows(batch.labels),
    };
  });
}

/**
 * The generator's gradient of a whole batch, its activations held for one micro-batch at a time.
 *
 * D compares images with each other, so the mean of the parts' gradients would be another loss's. It
 * gets the gradient of the whole batch by gradient caching at the encoder's last stage: that stage is
 * computed of all images without a tape; the objective's heads and loss see all of it and give
 * `∂L_dis/∂h`; then each part is encoded again, and `Σ ⟨h, ∂L_dis/∂h⟩` carries it into the encoder.
 * R and A are means over images, which ordinary accumulation sums exactly; they share that pass.
 *
 * The one difference from the whole batch: batch norm in training normalises encoder and decoder part by
 * part, as it would on several devices. Running statistics move once a part. docs/memory.md has the whole
 * account.
 *
 * @see Gao et al. 2021, section 3, https://arxiv.org/abs/2101.06983
 */
export function accumulatedGradients(
  parts: DiraParts,
  weights: DiraWeights,
  batches: readonly MicroBatch[],
  targets: Targets,
  context: ObjectiveContext,
): GradientPass {
  const { encoder, decoder } = parts;
  const whole = discriminativePass(parts, weights, batches, targets, context);
  const buffers = Object.values(encoder.buffers);
  const settled = whole.pulls.size === 0 ? [] : buffers.map((buffer) => tf.clone(buffer));
  const moved = { ...prefixed("encoder", encoder.parameters), ...decoder?.parameters };
  const passes = sumOf(batches, (part) =>
    partPass(parts, weights, part, whole.pulls, context, moved),
  );
  settled.forEach((before, i) => buffers[i]?.assign(before));
  tf.dispose([...settled, ...whole.pulls.values()]);
  const dis = whole.scalars["loss_dis"];
  const { loss: rest, ...scalars } = passes.scalars as { loss: tf.Scalar };
  const loss = dis === undefined ? rest : tf.add(rest, tf.mul(dis, weights.discriminative));
  return {
    gradients: { ...passes.gradients, ...whole.gradients },
    scalars: { loss: loss as tf.Scalar, ...whole.scalars, ...scalars },
    remember: whole.remember,
    ...(passes.restored.length === 0 ? {} : { restored: tf.concat([...passes.restored]) }),
  };
}

/** Runs micro-batches one by one: the sum of their gradients, the mean of their scalars. */
export function sumOf(
  batches: readonly MicroBatch[],
  pass: (part: MicroBatch) => GradientPass,
): Pick<GradientPass, "gradients" | "scalars"> & { readonly restored: readonly tf.Tensor[] } {
  const gradients: Record<string, tf.Tensor> = {};
  const scalars: Record<string, tf.Scalar> = {};
  const restored: tf.Tensor[] = [];
  for (const part of batches) {
    const done = tf.tidy(() => {
      const { gradients, scalars, restored } = pass(part);
      const shared = Object.entries(scalars).map(([name, x]) => [name, tf.mul(x, part.share)]);
      return { gradients, scalars: Object.fromEntries(shared) as typeof scalars, restored };
    });
    addTo(gradients, done.gradients);
    addTo(scalars, done.scalars);
    if (done.restored !== undefined) restored.push(done.restored);
  }
  return { gradients, scalars: scalars as GradientPass["scalars"], restored };
}

interface DiscriminativePass {
  readonly gradients: GradientPass["gradients"];
  readonly scalars: Readonly<Record<string, tf.Scalar>>;
  readonly remember: Targets;
  /** `λ_dis ∂L_dis/∂h` of the views that the objective encoded, by view. */
  readonly pulls: ReadonlyMap<number, tf.Tensor>;
}

/** Heads and loss of the objective over all images at once. */
function discriminativePass(
  parts: DiraParts,
  weights: DiraWeights,
  batches: readonly MicroBatch[],
  targets: Targets,
  context: ObjectiveContext,
): DiscriminativePass {
  const pulls = new Map<number, tf.Tensor>();
  const { objective } = parts;
  if (objective === undefined) return { gradients: {}, scalars: {}, remember: {}, pulls };
  const tip = tf.variable(tf.scalar(0), false);
  const encode = cachedEncode(parts, batches, context, tip, pulls);
  const heads: Variables = { ...prefixed("objective", objective.parameters), tip };
  const { gradients, scalars, remember } = gradientsOf(heads, () => {
    const result = objective.loss(encode, targets, context);
    return {
      scalars: {
        loss: tf.mul(result.loss, weights.discriminative),
        ...discriminativeScalars(result),
      },
      remember: result.remember ?? {},
    };
  });
  tip.dispose();
  const { tip: _, ...own } = gradients;
  const { loss: __, ...named } = scalars;
  return { gradients: own, scalars: named, remember: remember ?? {}, pulls };
}

/**
 * The last stage of all images, off the tape; going back, its gradient is kept in `pulls`.
 *
 * @param tip - where the tape ends: a variable whose gradient nobody needs.
 */
function cachedEncode(
  { encoder }: DiraParts,
  batches: readonly MicroBatch[],
  { mode }: ObjectiveContext,
  tip: tf.Variable,
  pulls: Map<number, tf.Tensor>,
): Encode {
  return memoised((view) => {
    const features = withGradient([tip], () => ({
      value: lastStage(encoder, batches, view, mode),
      gradient: (pull) => {
        pulls.set(view, tf.keep(tf.clone(pull)));
        return [tf.zerosLike(tip)];
      },
    }));
    return onlyStage(encoder, features);
  });
}

/** The encoder's last stage of all images, a micro-batch at a time; no tape holds the others. */
export function lastStage(
  encoder: DiraParts["encoder"],
  batches: readonly MicroBatch[],
  view: number,
  mode: Mode,
): tf.Tensor {
  const last = lastStageOf(encoder);
  const stages = batches.map(({ views }) =>
    tf.tidy(() => encoder.apply(viewOf(views, view) as FeatureMap, mode)[last] as tf.Tensor),
  );
  return tf.concat(stages);
}

/** Feature maps of which only the last stage was kept. */
export function onlyStage(encoder: DiraParts["encoder"], features: tf.Tensor): FeatureMaps {
  const last = lastStageOf(encoder);
  return new Proxy({ [last]: features } as FeatureMaps, {
    get: (maps, name) => {
      if (typeof name !== "string" || name in maps) return Reflect.get(maps, name) as tf.Tensor;
      throw new DiraError(
        `diraStep: in micro-batches an objective sees the encoder's last stage, \`${last}\`, alone; it asked for \`${name}\`. Train with whole batches (no \`microBatch\`).`,
      );
    },
  });
}

/** What a micro-batch adds: its share of R and A, and D's gradient carried into the encoder. */
function partPass(
  parts: DiraParts,
  weights: DiraWeights,
  part: MicroBatch,
  pulls: ReadonlyMap<number, tf.Tensor>,
  { mode }: ObjectiveContext,
  moved: Variables,
): GradientPass {
  const last = lastStageOf(parts.encoder);
  const pass = gradientsOf(moved, () => {
    const encode = encodeOnce(parts, part, mode);
    const { terms, scalars, restored } = restorativeLosses(parts, weights, part, encode, mode);
    const mean = terms.reduce<tf.Tensor>((sum, term) => tf.add(sum, term), tf.scalar(0));
    const carried = [...pulls].map(([view, pull]) =>
      tf.sum(tf.mul(encode(view)[last] as tf.Tensor, rowsOf(pull, part.start, part.count))),
    );
    const loss = tf.addN([tf.mul(mean, part.share), ...carried]) as tf.Scalar;
    return {
      scalars: { loss, mean: mean as tf.Scalar, ...scalars },
      ...(restored === undefined ? {} : { restored }),
    };
  });
  const { mean, ...scalars } = pass.scalars as GradientPass["scalars"] & { mean: tf.Scalar };
  return { ...pass, scalars: { ...scalars, loss: mean } };
}

function lastStageOf({ stages }: DiraParts["encoder"]): string {
  return stages[stages.length - 1]?.name ?? "";
}

/** Some images of a batch. */
export function rowsOf(x: tf.Tensor, start: number, count: number): tf.Tensor {
  return count === x.shape[0] ? x : tf.slice(x, [start], [count]);
}

function addTo<T extends tf.Tensor>(
  sums: Record<string, T>,
  more: Readonly<Record<string, T>>,
): void {
  for (const [name, x] of Object.entries(more)) {
    const before = sums[name];
    sums[name] = before === undefined ? x : tf.add(before, x);
    if (before !== undefined) tf.dispose([before, x]);
  }
}
