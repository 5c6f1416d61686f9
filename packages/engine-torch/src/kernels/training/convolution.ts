// Convolutions of @dira/tensor in two and three dimensions: `x` is `[N, …, C]`, `filter` `[…, C, C']`, padding explicit and
// symmetric. Seen as `[N, C, …]` such an x is what PyTorch calls channels-last, so nothing is copied; filters are laid out
// once as `[C', …, C]`, which is what its kernels want beside it, and gradients come in the same layout.
import { addon, type Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define } from "../../kernel.ts";
import { narrow } from "../../precision.ts";

interface Geometry {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

interface Target extends Geometry {
  /** Of the gradient. */
  readonly shape: readonly number[];
}

const backward = aten<[Slot, Slot, Slot]>("convolution_backward");
const convolution = aten("convolution");
const expand = aten("expand");
const newEmpty = aten("new_empty");
const permute = aten("permute");

/** The axes of an image as PyTorch has them, and back. */
const orders = {
  2: {
    toChannels: [0, 3, 1, 2],
    back: [0, 2, 3, 1],
    filter: [3, 2, 0, 1],
    filterBack: [2, 3, 1, 0],
  },
  3: {
    toChannels: [0, 4, 1, 2, 3],
    back: [0, 2, 3, 4, 1],
    filter: [4, 3, 0, 1, 2],
    filterBack: [2, 3, 4, 1, 0],
  },
} as const;

/** A tensor of a shape that only says its shape. */
function ofShape(like: Slot, shape: readonly number[]): Slot {
  return expand(newEmpty(like, [1]), shape);
}

for (const rank of [2, 3] as const) {
  const { toChannels, back, filter: filterOrder, filterBack } = orders[rank];
  const ones = Array.from({ length: rank }, () => 1);
  const zeros = ones.map(() => 0);
  /** Outermost the outputs' channels, innermost the inputs'. */
  const layout = [rank + 1, ...ones.map((_, axis) => axis), rank];
  const kernelOf = (filter: Slot): Slot => {
    addon().arrange(filter, layout);
    return permute(narrow(filter), filterOrder);
  };
  const shapeOf = (shape: readonly number[], order: readonly number[]): number[] =>
    order.map((axis) => shape[axis] ?? 1);

  define<Geometry>(`DiraConv${rank}d`, ({ x, filter }, { stride, padding }) =>
    permute(
      convolution(
        permute(narrow(x.slot), toChannels),
        kernelOf(filter.slot),
        null,
        stride,
        padding,
        ones,
        false,
        zeros,
        1,
      ),
      back,
    ),
  );

  define<Target>(`DiraConv${rank}dInputGrad`, ({ dy, filter }, { stride, padding, shape }) => {
    const x = ofShape(narrow(dy.slot), shapeOf(shape, toChannels));
    const [dx] = backward(
      permute(narrow(dy.slot), toChannels),
      x,
      kernelOf(filter.slot),
      null,
      stride,
      padding,
      ones,
      false,
      zeros,
      1,
      [true, false, false],
    );
    return permute(dx, back);
  });

  define<Target>(`DiraConv${rank}dFilterGrad`, ({ x, dy }, { stride, padding, shape }) => {
    const filter = ofShape(narrow(x.slot), shapeOf(shape, filterOrder));
    const [, dw] = backward(
      permute(narrow(dy.slot), toChannels),
      permute(narrow(x.slot), toChannels),
      filter,
      null,
      stride,
      padding,
      ones,
      false,
      zeros,
      1,
      [false, true, false],
    );
    return permute(dw, filterBack);
  });
}
