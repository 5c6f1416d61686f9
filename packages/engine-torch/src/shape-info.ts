import type { TensorInfo } from "@tensorflow/tfjs";
import type { Operand } from "./operands.ts";

/** An operand as TensorFlow.js's helpers for shapes want it: they do not look at its data. */
export function shapeInfo({ shape, dtype }: Operand): TensorInfo {
  return { dataId: {}, shape: [...shape], dtype };
}
