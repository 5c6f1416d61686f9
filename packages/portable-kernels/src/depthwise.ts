import type { TensorInfo } from "@tensorflow/tfjs";
import { type ConvGeometry, eachPosition } from "./geometry.ts";
import type { Storage } from "./storage.ts";

// y[n, o, c·M + m] = Σ_k x[n, o·stride + k·dilation − padding, c] · filter[k, c, m]: a filter for each channel, M to one.

/** The gradient of a depthwise convolution by its input. */
export function depthwiseInputGradient(
  storage: Storage,
  dy: TensorInfo,
  filter: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const made = storage.make([g.images, ...g.input, g.channels]);
  const [by, w, to] = [storage.float32(dy), storage.float32(filter), storage.float32(made)];
  eachProduct(g, (x, k, y) => {
    to[x] = (to[x] as number) + (by[y] as number) * (w[k] as number);
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
  const made = storage.make([...g.kernel, g.channels, g.outChannels / g.channels]);
  const [from, by, to] = [storage.float32(x), storage.float32(dy), storage.float32(made)];
  eachProduct(g, (x, k, y) => {
    to[k] = (to[k] as number) + (from[x] as number) * (by[y] as number);
  });
  return made;
}

/** Calls `visit` for every product that is summed, with the places of its x, its filter's value and its y. */
function eachProduct(g: ConvGeometry, visit: (x: number, k: number, y: number) => void): void {
  const { channels, outChannels } = g;
  const many = outChannels / channels;
  eachPosition(g, (window, position, tap) => {
    for (let o = 0; o < outChannels; o += 1) {
      visit(
        position * channels + Math.floor(o / many),
        tap * outChannels + o,
        window * outChannels + o,
      );
    }
  });
}
