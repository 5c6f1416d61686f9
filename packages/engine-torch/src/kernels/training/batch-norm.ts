// Batch norm of @dira/tensor: all axes but the last are one.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define } from "../../kernel.ts";
import type { Operand, Operands } from "../../operands.ts";
import { inTypeOf } from "../../precision.ts";
import { asColumn, fromColumn, lastOf } from "./columns.ts";

interface Attributes {
  readonly epsilon: number;
}

const add = aten("add_.Tensor");
const backward = aten<[Slot, Slot, Slot]>("native_batch_norm_backward");
const forward = aten<[Slot, Slot, Slot]>("native_batch_norm");
const newZeros = aten("new_zeros");
const relu = aten("relu_");

/** A kernel's inputs, with what is added before a ReLU. */
type WithResidual = Operands & { readonly residual?: Operand };

type Six = [y: Slot, mean: Slot, variance: Slot, Slot, Slot, Slot];

/**
 * x, scale, offset → y as a column, mean, unbiased variance, and for the gradient mean and 1/√(variance + ε), twice what it
 * needs. Running averages that take the batch's statistics whole are where ATen gives the unbiased variance.
 */
function normalised({ x, scale, offset }: Operands, { epsilon }: Attributes): Six {
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
  return [y, running, variance, mean, inverse, inverse];
}

define<Attributes>("DiraBatchNorm", (operands, attributes) => {
  const [y, ...rest] = normalised(operands, attributes);
  return [fromColumn(y, operands.x, lastOf(operands.x.shape)), ...rest];
});

// relu(y + residual), where y lies.
define<Attributes>("DiraBatchNormRelu", (operands, attributes) => {
  const [y, ...rest] = normalised(operands, attributes);
  const { x, residual } = operands as WithResidual;
  const sum = residual === undefined ? y : add(y, asColumn(residual));
  return [fromColumn(relu(sum), x, lastOf(x.shape)), ...rest];
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
