import { type ConvGeometry, deep, type Triple } from "./geometry.ts";

/** The table of one pass of gather-gemm.h's `Pass`, and how many taps it has. */
export interface Pass {
  readonly table: Int32Array;
  readonly taps: number;
}

/** What y[n, o] sees: x at `o·stride + k·dilation − padding`. Also what the filter's gradient goes through. */
export function forwardPass(g: ConvGeometry): Pass {
  const { output, input, stride, padding, dilation } = deep(g);
  const taps = positions(deep(g).kernel).map((k, index) => [
    ...k.map((at, axis) => at * dilation[axis as 0] - padding[axis as 0]),
    index,
  ]);
  const walk = { size: output, first: 0, step: [1, 1, 1] as Triple, of: output };
  return pass(g.images, walk, { size: input, step: stride }, [g.channels, g.outChannels], taps);
}

/**
 * What dx[n, i] sees: dy where `o·stride + k·dilation − padding = i`. Positions that are equal modulo the stride share
 * their taps, so there is a pass for each remainder, and no product with a zero between strides.
 */
export function inputPasses(g: ConvGeometry): Pass[] {
  const { output, input, stride, padding, dilation, kernel } = deep(g);
  return positions(stride).map((remainder) => {
    const taps = positions(kernel).flatMap((k, index) => {
      const shifts = k.map(
        (at, axis) => remainder[axis as 0] + padding[axis as 0] - at * dilation[axis as 0],
      );
      const hits = shifts.every((shift, axis) => shift % stride[axis as 0] === 0);
      return hits ? [[...shifts.map((shift, axis) => shift / stride[axis as 0]), index]] : [];
    });
    const size = input.map((n, axis) =>
      Math.ceil((n - remainder[axis as 0]) / stride[axis as 0]),
    ) as unknown as Triple;
    const [, h, w] = input;
    const first = (remainder[0] * h + remainder[1]) * w + remainder[2];
    const walk = { size, first, step: stride, of: input };
    const seen = { size: output, step: [1, 1, 1] as Triple };
    return pass(g.images, walk, seen, [g.outChannels, g.channels], taps);
  });
}

/** How a pass goes over what it writes, an image of size `of`. */
interface Walk {
  readonly size: Triple;
  /** Its first pixel. */
  readonly first: number;
  readonly step: Triple;
  readonly of: Triple;
}

function pass(
  images: number,
  { size, first, step, of: [d, h, w] }: Walk,
  seen: { readonly size: Triple; readonly step: Triple },
  channels: readonly [number, number],
  taps: readonly (readonly number[])[],
): Pass {
  const places = [first, step[0] * h * w, step[1] * w, step[2], d * h * w];
  const head = [images, ...size, ...places, ...seen.size, ...seen.step, ...channels, taps.length];
  return { table: Int32Array.from([...head, ...taps.flat()]), taps: taps.length };
}

/** All positions of a block, the last axis fastest. */
function positions([d, h, w]: Triple): Triple[] {
  const axis = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  return axis(d).flatMap((i) => axis(h).flatMap((j) => axis(w).map((k): Triple => [i, j, k])));
}
