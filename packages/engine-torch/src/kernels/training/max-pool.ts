// Max pooling of @dira/tensor, with explicit symmetric padding.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define } from "../../kernel.ts";
import { inTypeOf } from "../../precision.ts";
import { channelsSecond, inFormat } from "../layout.ts";

interface Geometry {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

const ranks = [
  {
    rank: 2,
    format: "NHWC",
    pool: aten<[Slot, Slot]>("max_pool2d_with_indices"),
    backward: aten("max_pool2d_with_indices_backward"),
  },
  {
    rank: 3,
    format: "NDHWC",
    pool: aten<[Slot, Slot]>("max_pool3d_with_indices"),
    backward: aten("max_pool3d_with_indices_backward"),
  },
] as const;

for (const { rank, format, pool, backward } of ranks) {
  const ones = Array.from({ length: rank }, () => 1);

  define<Geometry>(`DiraMaxPool${rank}d`, ({ x }, { size, stride, padding }) => {
    const [y] = pool(channelsSecond(x.slot, format), size, stride, padding, ones, false);
    return inFormat(y, format);
  });

  // Where the maxima were is worked out again: keeping it would take twice the memory of y.
  define<Geometry>(`DiraMaxPool${rank}dGrad`, ({ x, dy }, { size, stride, padding }) => {
    const image = channelsSecond(x.slot, format);
    const [, places] = pool(image, size, stride, padding, ones, false);
    const pulled = channelsSecond(inTypeOf(dy.slot, x.slot), format);
    const dx = backward(pulled, image, size, stride, padding, ones, false, places);
    return inFormat(dx, format);
  });
}
