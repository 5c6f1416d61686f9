// Batch norm of @dira/tensor: all axes but the last are one.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define } from "../../kernel.ts";
import { inTypeOf } from "../../precision.ts";
import { asColumn, fromColumn, lastOf } from "./columns.ts";

interface Attributes {
  readonly epsilon: number;
}

const backward = aten<[Slot, Slot, Slot]>("native_batch_norm_backward");
const forward = aten<[Slot, Slot, Slot]>("native_batch_norm");
const newZeros = aten("new_zeros");

// x, scale, offset → y, mean, unbiased variance, and for the gradient mean and 1/√(variance + ε), twice what it needs. Running
// averages that take the batch's statistics whole are where ATen gives the unbiased variance.
define<Attributes>("DiraBatchNorm", ({ x, scale, offset }, { epsilon }) => {
  const channels = lastOf(x.shape);
  const [running, variance] = [newZeros(scale.slot, [channels]), newZeros(scale.slot, [channels])];
  const [y, mean, inverse] = forward(
    asColumn(x),
    scale.slot,
    offset.slot,
    running,
    variance,
    true,
    1,
    epsilon,
  );
  return [fromColumn(y, x, channels), running, variance, mean, inverse, inverse];
});

// dy, x, scale and those → the gradients of x, scale and offset.
define<Attributes>("DiraBatchNormGrad", ({ dy, x, scale, r1, r2 }, { epsilon }) => {
  const [dx, dscale, doffset] = backward(
    inTypeOf(asColumn(dy), x.slot),
    asColumn(x),
    scale.slot,
    null,
    null,
    r1.slot,
    r2.slot,
    true,
    epsilon,
    [true, true, true],
  );
  return [fromColumn(dx, x, lastOf(x.shape)), dscale, doffset];
});
