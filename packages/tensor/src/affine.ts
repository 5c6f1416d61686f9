import * as tf from "@tensorflow/tfjs";
import { checkShapes } from "./check-shapes.ts";

/** Learned scale and offset of a norm. */
export interface Affine {
  /** `[C]`, γ. @defaultValue 1 */
  readonly scale?: tf.Tensor;
  /** `[C]`, β. @defaultValue 0 */
  readonly offset?: tf.Tensor;
}

/** `scale · x + offset` per channel. */
export function affine(x: tf.Tensor, { scale, offset }: Affine, where: string): tf.Tensor {
  const channels = String(x.shape[x.rank - 1]);
  if (scale !== undefined) checkShapes(where, { scale: [scale, channels] });
  if (offset !== undefined) checkShapes(where, { offset: [offset, channels] });
  const scaled = scale === undefined ? x : tf.mul(x, scale);
  return offset === undefined ? scaled : tf.add(scaled, offset);
}
