import type { TensorInfo } from "@tensorflow/tfjs";
import type { Storage } from "./storage.ts";

/**
 * `y[s, …] = Σ x[i, …]` over the i whose id is s: the gradient of gathering rows. Ids outside [0, segments) are
 * dropped, as in TensorFlow.
 */
export function segmentSum(
  storage: Storage,
  x: TensorInfo,
  ids: TensorInfo,
  segments: number,
): TensorInfo {
  const [rows = 0, ...rest] = x.shape;
  const width = rest.reduce((a, b) => a * b, 1);
  const made = storage.make([segments, ...rest]);
  const [from, at, to] = [storage.float32(x), storage.int32(ids), storage.float32(made)];
  for (let i = 0; i < rows; i += 1) {
    const segment = at[i] as number;
    if (segment < 0 || segment >= segments) continue;
    const [source, target] = [i * width, segment * width];
    for (let c = 0; c < width; c += 1) {
      to[target + c] = (to[target + c] as number) + (from[source + c] as number);
    }
  }
  return made;
}
