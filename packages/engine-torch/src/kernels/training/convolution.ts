// Convolutions of @dira/tensor in two and three dimensions: `x` is `[N, …, C]`, `filter` `[…, C, C']`, padding explicit and
// symmetric.
import { define } from "../../kernel.ts";
import { convolve, filterGradient, inputGradient } from "../convolve.ts";
import { channelsSecond, filterFirst, filterLast, filterShapeFirst, inFormat } from "../layout.ts";
import { type Windows, windowsAlong } from "../windows.ts";

interface Geometry {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

interface Target extends Geometry {
  /** Of the gradient. */
  readonly shape: readonly number[];
}

/** Windows of a filter over images of shape `x`. */
function windowsOf(
  { stride, padding }: Geometry,
  x: readonly number[],
  filter: readonly number[],
): Windows {
  const axes = stride.map((step, axis) => {
    const [input, size, before] = [x[axis + 1] ?? 1, filter[axis] ?? 1, padding[axis] ?? 0];
    const output = Math.floor((input + 2 * before - size) / step) + 1;
    return { input, output, size, stride: step, dilation: 1, before };
  });
  return windowsAlong(axes);
}

for (const [rank, format] of [
  [2, "NHWC"],
  [3, "NDHWC"],
] as const) {
  define<Geometry>(`DiraConv${rank}d`, ({ x, filter }, geometry) => {
    const windows = windowsOf(geometry, x.shape, filter.shape);
    const image = channelsSecond(x.slot, format);
    return inFormat(convolve(image, filterFirst(filter.slot), windows), format);
  });

  define<Target>(`DiraConv${rank}dInputGrad`, ({ dy, filter }, { shape, ...geometry }) => {
    const windows = windowsOf(geometry, shape, filter.shape);
    const pulled = channelsSecond(dy.slot, format);
    return inFormat(inputGradient(pulled, filterFirst(filter.slot), windows), format);
  });

  define<Target>(`DiraConv${rank}dFilterGrad`, ({ x, dy }, { shape, ...geometry }) => {
    const windows = windowsOf(geometry, x.shape, shape);
    const [image, pulled] = [channelsSecond(x.slot, format), channelsSecond(dy.slot, format)];
    return filterLast(filterGradient(pulled, image, filterShapeFirst(shape), windows));
  });
}
