import type { TensorInfo } from "@tensorflow/tfjs";
import type { ConvGeometry } from "./geometry.ts";
import type { Storage } from "./storage.ts";
import { eachPosition } from "./geometry.ts";

// y[n, o, c·M + m] = Σ_k x[n, o·stride + k·dilation − padding, c] · filter[k, c, m]: a filter for each channel, M to one.

/** The gradient of a depthwise convolution by its input. */
export function depthwiseInputGradient(
  storage: Storage,
  dy: TensorInfo,
  filter: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const { channels, outChannels } = g;
  const many = outChannels / channels;
  const made = storage.make([g.images, ...g.input, channels]);
  const [by, w, to] = [storage.float32(dy), storage.float32(filter), storage.float32(made)];
  eachPosition(g, (window, position, tap) => {
    for (let o = 0; o < outChannels; o += 1) {
      const target = position * channels + Math.floor(o / many);
      const part = (by[window * outChannels + o] as number) * (w[tap * outChannels + o] as number);
      to[target] = (to[target] as number) + part;
    }
  });
  return made;
}

/** The gradient of a depthwise convolution by its filter, `[…kernel, C, M]`. */
export function depthwiseFilterGradient(
  storage: Storage,
  x: TensorInfo,
  dy: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const { channels, outChannels } = g;
  const many = outChannels / channels;
  const made = storage.make([...g.kernel, channels, many]);
  const [from, by, to] = [storage.float32(x), storage.float32(dy), storage.float32(made)];
  eachPosition(g, (window, position, tap) => {
    for (let o = 0; o < outChannels; o += 1) {
      const source = position * channels + Math.floor(o / many);
      const target = tap * outChannels + o;
      to[target] =
        (to[target] as number) +
        (from[source] as number) * (by[window * outChannels + o] as number);
    }
  });
  return made;
}
