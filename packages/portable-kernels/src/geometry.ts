import type { backend_util } from "@tensorflow/tfjs";

/** A convolution of images or volumes of one to three spatial axes. Sizes are per axis. */
export interface ConvGeometry {
  readonly images: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Before the first position; what is after the last follows from the sizes. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** Of three axes. */
export type Triple = readonly [number, number, number];

/** What TensorFlow.js knows of a convolution's or a pool's windows. */
export function geometryOf(info: backend_util.Conv2DInfo | backend_util.Conv3DInfo): ConvGeometry {
  const { batchSize: images, inChannels: channels, outChannels } = info;
  const { padInfo } = info;
  const deep = "inDepth" in info;
  const axes = (d: number, ...rest: number[]): number[] => (deep ? [d, ...rest] : rest);
  const d = deep
    ? info
    : { inDepth: 1, outDepth: 1, filterDepth: 1, strideDepth: 1, dilationDepth: 1 };
  const front = "front" in padInfo ? padInfo.front : 0;
  return {
    images,
    channels,
    outChannels,
    input: axes(d.inDepth, info.inHeight, info.inWidth),
    output: axes(d.outDepth, info.outHeight, info.outWidth),
    kernel: axes(d.filterDepth, info.filterHeight, info.filterWidth),
    stride: axes(d.strideDepth, info.strideHeight, info.strideWidth),
    padding: axes(front, padInfo.top, padInfo.left),
    dilation: axes(d.dilationDepth, info.dilationHeight, info.dilationWidth),
  };
}

/** The same with three axes: those that lack are of size 1. */
export function deep(
  g: ConvGeometry,
): Record<"input" | "output" | "kernel" | "stride" | "padding" | "dilation", Triple> {
  const fill = (sizes: readonly number[], one: number): Triple =>
    [...Array<number>(3 - sizes.length).fill(one), ...sizes] as unknown as Triple;
  return {
    input: fill(g.input, 1),
    output: fill(g.output, 1),
    kernel: fill(g.kernel, 1),
    stride: fill(g.stride, 1),
    padding: fill(g.padding, 0),
    dilation: fill(g.dilation, 1),
  };
}

/**
 * Calls `visit(window, position, tap)` for every input position that a window of the images sees, window by window;
 * all three count pixels, of the output, the input and the kernel.
 */
export function eachPosition(
  g: ConvGeometry,
  visit: (window: number, position: number, tap: number) => void,
): void {
  const { input, output, kernel, stride, padding, dilation } = deep(g);
  const [od, oh, ow] = output;
  const [depth, height, width] = input;
  const starts = [0, 1, 2].map((axis) => (o: number) => o * stride[axis as 0] - padding[axis as 0]);
  const [zOf, yOf, xOf] = starts as [
    (o: number) => number,
    (o: number) => number,
    (o: number) => number,
  ];
  let window = 0;
  for (let image = 0; image < g.images; image += 1) {
    for (let o = 0; o < od * oh * ow; o += 1, window += 1) {
      const z0 = zOf(Math.floor(o / (oh * ow)));
      const y0 = yOf(Math.floor(o / ow) % oh);
      const x0 = xOf(o % ow);
      for (let kz = 0, z = z0, tap = 0; kz < kernel[0]; kz += 1, z += dilation[0]) {
        for (let ky = 0, y = y0; ky < kernel[1]; ky += 1, y += dilation[1]) {
          for (let kx = 0, x = x0; kx < kernel[2]; kx += 1, x += dilation[2], tap += 1) {
            if (z < 0 || z >= depth || y < 0 || y >= height || x < 0 || x >= width) continue;
            visit(window, ((image * depth + z) * height + y) * width + x, tap);
          }
        }
      }
    }
  }
}
