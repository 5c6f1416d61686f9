// Sums of products along axes.
import { backend_util, type Tensor } from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, listOf, type Operand } from "../kernel.ts";
import { inComputeType } from "../precision.ts";
import { SCALAR } from "../scalar-types.ts";
import { shapeInfo } from "../shape-info.ts";

const einsum = aten("einsum");
const matmul = aten("matmul");
const to = aten("to.dtype");
const transpose = aten("transpose.int");

interface BatchMatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

define<BatchMatMulAttributes>("BatchMatMul", ({ a, b }, { transposeA, transposeB }) => {
  // ATen would take a vector as well, as a row or a column.
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new Error(`matMul: ranks ${a.shape.length} and ${b.shape.length} are not of matrices.`);
  return multiplied([a, b], ([left, right]) =>
    matmul(
      transposeA ? transpose(left, -2, -1) : left,
      transposeB ? transpose(right, -2, -1) : right,
    ),
  );
});

define<{ readonly equation: string }>("Einsum", (inputs, { equation }) => {
  const factors = listOf(inputs);
  const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, factors.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, factors.map(shapeInfo) as Tensor[]);
  return multiplied(factors, (slots) => einsum(equation, slots));
});

/** Whole numbers are multiplied as float64, which is exact and what fast kernels exist for on any device. */
export function multiplied(
  factors: readonly Operand[],
  run: (slots: readonly Slot[]) => Slot,
): Slot {
  const slots = factors.map(({ slot }) => slot);
  const areWhole = factors.every(({ dtype }) => dtype === "int32" || dtype === "bool");
  if (!areWhole) return run(slots.map(inComputeType));
  return to(run(slots.map((slot) => to(slot, SCALAR.float64))), SCALAR.int32);
}
