// Convolutions of @dira/tensor in two and three dimensions: `x` is `[N, …, C]`, `filter` `[…, C, C']`, padding explicit and
// symmetric.
import { define } from "../../kernel.ts";
import { convolve, filterGradient, inputGradient } from "../convolve.ts";
import { channelsSecond, filterFirst, filterLast, filterShapeFirst, inFormat } from "../layout.ts";
import type { Windows } from "../windows.ts";

interface Geometry {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

interface Target extends Geometry {
  /** Of the gradient. */
  readonly shape: readonly number[];
}

const spaceOf = (shape: readonly number[]): readonly number[] => shape.slice(1, -1);

/** Windows over images of shape `x` that give images of shape `y`. */
function windowsOf(
  { stride, padding }: Geometry,
  x: readonly number[],
  y: readonly number[],
): Omit<Windows, "size"> {
  const dilation = stride.map(() => 1);
  return { stride, padding, dilation, margins: undefined, seen: spaceOf(x), output: spaceOf(y) };
}

for (const [rank, format] of [
  [2, "NHWC"],
  [3, "NDHWC"],
] as const) {
  define<Geometry>(`DiraConv${rank}d`, ({ x, filter }, geometry) => {
    const windows = windowsOf(geometry, x.shape, []);
    const image = channelsSecond(x.slot, format);
    return inFormat(convolve(image, filterFirst(filter.slot), windows), format);
  });

  define<Target>(`DiraConv${rank}dInputGrad`, ({ dy, filter }, { shape, ...geometry }) => {
    const windows = windowsOf(geometry, shape, dy.shape);
    const pulled = channelsSecond(dy.slot, format);
    return inFormat(inputGradient(pulled, filterFirst(filter.slot), windows), format);
  });

  define<Target>(`DiraConv${rank}dFilterGrad`, ({ x, dy }, { shape, ...geometry }) => {
    const windows = windowsOf(geometry, x.shape, dy.shape);
    const [image, pulled] = [channelsSecond(x.slot, format), channelsSecond(dy.slot, format)];
    return filterLast(filterGradient(pulled, image, filterShapeFirst(shape), windows));
  });
}
