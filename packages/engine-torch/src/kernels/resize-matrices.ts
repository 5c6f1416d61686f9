// Images resized by a matrix for their rows and one for their columns.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { constant } from "../constant.ts";
import type { Operand } from "../kernel.ts";

/** The matrix of [to, from] for an axis. */
export type MatrixOf = (from: number, to: number) => Float32Array;

const matmul = aten("matmul");
const reshape = aten("reshape");
const transpose = aten("t");

/** Images of [N, H, W, C] in another size. */
export function resizeBy(matrixOf: MatrixOf, x: Operand, size: readonly number[]): Slot {
  const [, height = 1, width = 1] = x.shape;
  const [newHeight = 1, newWidth = 1] = size;
  const rows = constant(matrixOf(height, newHeight), "float32", [newHeight, height]);
  const columns = constant(matrixOf(width, newWidth), "float32", [newWidth, width]);
  return product(rows, columns, x, [newHeight, newWidth]);
}

/** The gradient of {@link resizeBy}. */
export function resizeGradientBy(matrixOf: MatrixOf, x: Operand, dy: Operand): Slot {
  const [, height = 1, width = 1] = x.shape;
  const [, newHeight = 1, newWidth = 1] = dy.shape;
  const rows = constant(matrixOf(height, newHeight), "float32", [newHeight, height]);
  const columns = constant(matrixOf(width, newWidth), "float32", [newWidth, width]);
  return product(transpose(rows), transpose(columns), dy, [height, width]);
}

function product(rows: Slot, columns: Slot, x: Operand, size: readonly [number, number]): Slot {
  const [count = 1, height = 1, width = 1, channels = 1] = x.shape;
  const [newHeight, newWidth] = size;
  const tall = matmul(rows, reshape(x.slot, [count, height, width * channels]));
  const wide = matmul(columns, reshape(tall, [count * newHeight, width, channels]));
  return reshape(wide, [count, newHeight, newWidth, channels]);
}
