import type { TensorInfo } from "@tensorflow/tfjs";
import type { ConvGeometry } from "./geometry.ts";
import type { Storage } from "./storage.ts";
import { eachPosition } from "./geometry.ts";

/** Maximum over windows; what lies outside never wins, a NaN always does. */
export function maxPool(storage: Storage, x: TensorInfo, g: ConvGeometry): TensorInfo {
  const { channels } = g;
  const made = storage.make([g.images, ...g.output, channels]);
  const [from, to] = [storage.float32(x), storage.float32(made)];
  to.fill(-Infinity);
  eachPosition(g, (window, position) => {
    const [target, source] = [window * channels, position * channels];
    for (let c = 0; c < channels; c += 1) {
      const value = from[source + c] as number;
      // A NaN wins, as in PyTorch.
      if (value <= (to[target + c] as number) || Number.isNaN(to[target + c])) continue;
      to[target + c] = value;
    }
  });
  return made;
}

/** Each window's gradient goes to its maximum, of equal ones the first. */
export function maxPoolGradient(
  storage: Storage,
  dy: TensorInfo,
  x: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const { channels } = g;
  const made = storage.make(x.shape);
  const [from, by, to] = [storage.float32(x), storage.float32(dy), storage.float32(made)];
  const [best, place] = [new Float32Array(channels), new Int32Array(channels)];
  let current = -1;
  const give = (): void => {
    for (let c = 0; current >= 0 && c < channels; c += 1) {
      const target = (place[c] as number) + c;
      to[target] = (to[target] as number) + (by[current * channels + c] as number);
    }
  };
  eachPosition(g, (window, position) => {
    const source = position * channels;
    if (window !== current) {
      give();
      current = window;
      best.fill(-Infinity);
      place.fill(source);
    }
    for (let c = 0; c < channels; c += 1) {
      const value = from[source + c] as number;
      if (value <= (best[c] as number) || Number.isNaN(best[c])) continue;
      best[c] = value;
      place[c] = source;
    }
  });
  give();
  return made;
}
