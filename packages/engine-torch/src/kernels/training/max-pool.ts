// Max pooling of @dira/tensor, with explicit symmetric padding.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define } from "../../kernel.ts";
import { inTypeOf } from "../../precision.ts";

interface Geometry {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

const permute = aten("permute");

const ranks = [
  {
    rank: 2,
    toChannels: [0, 3, 1, 2],
    back: [0, 2, 3, 1],
    pool: aten<[Slot, Slot]>("max_pool2d_with_indices"),
    backward: aten("max_pool2d_with_indices_backward"),
  },
  {
    rank: 3,
    toChannels: [0, 4, 1, 2, 3],
    back: [0, 2, 3, 4, 1],
    pool: aten<[Slot, Slot]>("max_pool3d_with_indices"),
    backward: aten("max_pool3d_with_indices_backward"),
  },
];

for (const { rank, toChannels, back, pool, backward } of ranks) {
  const ones = Array.from({ length: rank }, () => 1);

  define<Geometry>(`DiraMaxPool${rank}d`, ({ x }, { size, stride, padding }) => {
    const [y] = pool(permute(x.slot, toChannels), size, stride, padding, ones, false);
    return permute(y, back);
  });

  // Where the maxima were is worked out again: keeping it would take twice the memory of y.
  define<Geometry>(`DiraMaxPool${rank}dGrad`, ({ x, dy }, { size, stride, padding }) => {
    const image = permute(x.slot, toChannels);
    const [, places] = pool(image, size, stride, padding, ones, false);
    const pulled = permute(inTypeOf(dy.slot, x.slot), toChannels);
    const dx = backward(pulled, image, size, stride, padding, ones, false, places);
    return permute(dx, back);
  });
}
