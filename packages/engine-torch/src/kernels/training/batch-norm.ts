// Batch norm of @dira/tensor: all axes but the last are one. Seen as an image of one row it is channels-last, which
// PyTorch's kernels normalise in place of layout.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define, type Operand } from "../../kernel.ts";
import { inTypeOf } from "../../precision.ts";
import { sizeOf } from "../../shapes.ts";

interface Attributes {
  readonly epsilon: number;
}

const add = aten("add.Scalar");
const backward = aten<[Slot, Slot, Slot]>("native_batch_norm_backward");
const forward = aten<[Slot, Slot, Slot]>("native_batch_norm");
const mul = aten("mul.Scalar");
const permute = aten("permute");
const power = aten("pow.Tensor_Scalar");
const reshape = aten("reshape");

/** `[…, C]` as `[1, C, n, 1]`. */
function asImage({ slot, shape }: Operand): Slot {
  return permute(reshape(slot, [1, -1, 1, shape[shape.length - 1] ?? 1]), [0, 3, 1, 2]);
}

function fromImage(image: Slot, { shape }: Operand): Slot {
  return reshape(permute(image, [0, 2, 3, 1]), shape);
}

// x, scale, offset → y, mean, unbiased variance, and for the gradient mean and 1/√(variance + ε), twice what it needs.
define<Attributes>("DiraBatchNorm", ({ x, scale, offset }, { epsilon }) => {
  const [y, mean, inverse] = forward(
    asImage(x),
    scale.slot,
    offset.slot,
    null,
    null,
    true,
    0,
    epsilon,
  );
  const channels = x.shape[x.shape.length - 1] ?? 1;
  const count = sizeOf(x.shape) / channels;
  const biased = add(power(inverse, -2), -epsilon);
  const variance = mul(biased, count / Math.max(1, count - 1));
  return [fromImage(y, x), mean, variance, mean, inverse, inverse];
});

// dy, x, scale and those → the gradients of x, scale and offset.
define<Attributes>("DiraBatchNormGrad", ({ dy, x, scale, r1, r2 }, { epsilon }) => {
  const [dx, dscale, doffset] = backward(
    inTypeOf(asImage(dy), x.slot),
    asImage(x),
    scale.slot,
    null,
    null,
    r1.slot,
    r2.slot,
    true,
    epsilon,
    [true, true, true],
  );
  return [fromImage(dx, x), dscale, doffset];
});
