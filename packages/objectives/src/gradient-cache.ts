import type { Variables } from "@dira/nn";
import { DiraError, valueAndGradients } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Options of {@link cachedGradients}. */
export interface GradientCacheOptions {
  /** What the gradient is taken of, by name. */
  readonly parameters: Variables;
  /** Running statistics that `encode` updates: they are updated once, though each part runs twice. */
  readonly buffers?: Variables;
  /** Number of micro-batches. */
  readonly parts: number;
  /**
   * The embeddings of a micro-batch, one matrix `[n, C]` a view. It is called twice for each part and
   * must give the same both times: key its random numbers by the part.
   */
  readonly encode: (part: number) => readonly tf.Tensor2D[];
  /** The loss of the whole batch, of one matrix `[N, C]` a view. */
  readonly loss: (embeddings: readonly tf.Tensor2D[]) => tf.Scalar;
}

/** A loss and its gradients, by the parameters' names. */
export interface CachedGradients {
  readonly value: tf.Scalar;
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

/**
 * The exact gradient of a loss over a large batch in the memory of a small one: gradient caching.
 *
 * Contrastive losses compare every image with every other, so the mean of micro-batches' gradients is
 * *not* the gradient of the whole. Here all embeddings are computed first, without a tape; then
 * `∂L/∂z` of all of them; then each part runs again and `Σ ⟨z, ∂L/∂z⟩` carries its share back into the
 * parameters. It costs one further forward pass; activations are held for one part at a time.
 *
 * The result is that of the whole batch wherever an image's embedding does not depend on its
 * neighbours. Batch norm in training does: it then normalises part by part, as it would on several
 * devices without synchronisation.
 *
 * @returns tensors that belong to the tidy around the call.
 * @throws DiraError when parts disagree on the number of views, or there is none.
 * @see Gao et al. 2021, section 3, https://arxiv.org/abs/2101.06983
 */
export function cachedGradients(options: GradientCacheOptions): CachedGradients {
  const { parameters, buffers = {}, parts, encode, loss } = options;
  if (!(Number.isInteger(parts) && parts > 0)) {
    throw new DiraError(`cachedGradients: \`parts\` must be a whole number above 0, got ${parts}.`);
  }
  const embeddings = Array.from({ length: parts }, (_, part) => tidied(() => encode(part)));
  const whole = joined(embeddings);
  const leaves = whole.map((z) => tf.variable(z));
  const { value, gradients: pulls } = valueAndGradients(() => loss(leaves as never), leaves);
  const settled = Object.values(buffers).map((buffer) => tf.clone(buffer));
  const sums: Record<string, tf.Tensor> = {};
  let row = 0;
  embeddings.forEach((views, part) => {
    const count = (views[0] as tf.Tensor2D).shape[0];
    const pull = pulls.map((all, v) =>
      tf.slice(all ?? tf.zerosLike(leaves[v] as tf.Tensor), [row, 0], [count, -1]),
    );
    addGradients(sums, parameters, () => encode(part), pull);
    row += count;
  });
  Object.values(buffers).forEach((buffer, i) => buffer.assign(settled[i] as tf.Tensor));
  tf.dispose([leaves, settled, whole, embeddings.flat()]);
  return { value, gradients: sums };
}

function tidied(f: () => readonly tf.Tensor2D[]): tf.Tensor2D[] {
  return tf.tidy(() => [...f()]);
}

/** The parts of each view, one after the other. */
function joined(embeddings: readonly (readonly tf.Tensor2D[])[]): tf.Tensor2D[] {
  const views = embeddings[0]?.length ?? 0;
  if (views === 0 || embeddings.some((part) => part.length !== views)) {
    throw new DiraError(
      `cachedGradients: every part must give the same number of views, at least one, got ${embeddings.map((part) => part.length).join(", ")}.`,
    );
  }
  return Array.from({ length: views }, (_, v) =>
    tf.concat(embeddings.map((part) => part[v] as tf.Tensor2D)),
  );
}

/** Adds `∂ Σ ⟨z, pull⟩ / ∂θ` of one part to the sums. */
function addGradients(
  sums: Record<string, tf.Tensor>,
  parameters: Variables,
  encode: () => readonly tf.Tensor2D[],
  pull: readonly tf.Tensor[],
): void {
  const names = Object.keys(parameters);
  const { value, gradients } = valueAndGradients(
    () => tf.addN(encode().map((z, v) => tf.sum(tf.mul(z, pull[v] as tf.Tensor)))) as tf.Scalar,
    Object.values(parameters),
  );
  names.forEach((name, i) => {
    const gradient = gradients[i] ?? tf.zerosLike(parameters[name] as tf.Tensor);
    const before = sums[name];
    sums[name] = before === undefined ? gradient : tf.add(before, gradient);
    if (before !== undefined) tf.dispose([before, gradient]);
  });
  tf.dispose([value, ...pull]);
}
