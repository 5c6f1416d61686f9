import * as tf from "@tensorflow/tfjs";

/** Similarities that one block may hold: 16 MB of float32. */
const BLOCK_SIZE = 2 ** 22;

/**
 * Mean over N of `log(exp(sᵢ) + Σⱼ exp(nᵢⱼ)) − sᵢ`, where `sᵢ = qᵢ·kᵢ/τ` and `nᵢⱼ = qᵢ·nⱼ/τ`.
 *
 * Only queries get a gradient, `(Σⱼ pᵢⱼ nⱼ − (1 − pᵢ) kᵢ) / (Nτ)` with p the softmax of all
 * similarities of query i. It is computed in the forward pass, block by block of the negatives, so that
 * the `[N, K]` similarities are never all in memory, and none are kept for the backward pass. There is
 * no second derivative.
 *
 * @param queries - `[N, C]`. @param keys - `[N, C]`. @param negatives - `[K, C]`.
 * @param rows - negatives a block. @defaultValue as many as make 16 MB of similarities
 */
export function contrast(
  queries: tf.Tensor2D,
  keys: tf.Tensor2D,
  negatives: tf.Tensor2D,
  temperature: number,
  rows: number = Math.max(1, Math.floor(BLOCK_SIZE / Math.max(1, queries.shape[0]))),
): tf.Scalar {
  const op = tf.customGrad<tf.Scalar>((...args) => {
    const [q, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    const scaled = tf.div(q, temperature) as tf.Tensor2D;
    const positive = tf.sum(tf.mul(scaled, keys), 1, true); // [N, 1]
    const blocks = inBlocks(negatives, rows, (block) => summarise(scaled, block));
    const logSums = tf.concat([positive, ...blocks.map(({ logSum }) => logSum)], 1);
    const logSum = tf.logSumExp(logSums, 1, true);
    const [own, ...weights] = tf.split(tf.exp(tf.sub(logSums, logSum)), blocks.length + 1, 1) as [
      tf.Tensor,
      ...tf.Tensor[],
    ];
    const pull = tf.mul(keys, tf.sub(own, 1));
    const push = blocks.map(({ mean }, i) => tf.mul(mean, weights[i] as tf.Tensor));
    save([tf.div(tf.addN([pull, ...push]), q.shape[0] * temperature)]);
    const gradient = (dy: tf.Tensor, [saved]: tf.Tensor[]): tf.Tensor =>
      tf.mul(saved as tf.Tensor, dy);
    return { value: tf.mean(tf.sub(logSum, positive)), gradFunc: gradient };
  });
  return op(queries);
}

/** Of one block of negatives: log-sum-exp of its similarities `[N, 1]`, and its softmax mean `[N, C]`. */
interface Summary {
  readonly logSum: tf.Tensor;
  readonly mean: tf.Tensor;
}

function summarise(scaled: tf.Tensor2D, block: tf.Tensor2D): Summary {
  const similarities = tf.matMul(scaled, block, false, true);
  const largest = tf.max(similarities, 1, true);
  const exponentials = tf.exp(tf.sub(similarities, largest)) as tf.Tensor2D;
  const sum = tf.sum(exponentials, 1, true);
  return {
    logSum: tf.add(largest, tf.log(sum)),
    mean: tf.div(tf.matMul(exponentials, block), sum),
  };
}

function inBlocks(
  negatives: tf.Tensor2D,
  rows: number,
  f: (block: tf.Tensor2D) => Summary,
): Summary[] {
  const [count, features] = negatives.shape;
  const starts = Array.from({ length: Math.ceil(count / rows) }, (_, i) => i * rows);
  return starts.map(
    (start) =>
      tf.tidy(() => {
        const size = Math.min(rows, count - start);
        return { ...f(tf.slice(negatives, [start, 0], [size, features])) };
      }) as object as Summary,
  );
}
