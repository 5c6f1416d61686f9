import type { DataType } from "@tensorflow/tfjs";

/** Types of tensors that TensorFlow.js keeps in an engine. */
export type TensorType = Exclude<DataType, "string">;

/** As `c10::ScalarType` numbers them. */
export const SCALAR = {
  uint8: 0,
  int32: 3,
  int64: 4,
  float32: 6,
  float64: 7,
  complex64: 9,
  bool: 11,
  bfloat16: 15,
} as const;

const types: Readonly<Record<number, TensorType>> = {
  [SCALAR.int32]: "int32",
  [SCALAR.float32]: "float32",
  // What was computed in fewer bits stands for float32.
  [SCALAR.bfloat16]: "float32",
  [SCALAR.complex64]: "complex64",
  [SCALAR.bool]: "bool",
};

/** What TensorFlow.js calls a scalar type; undefined for one it does not have. */
export function typeOf(scalar: number): TensorType | undefined {
  return types[scalar];
}

/** The nearest type that TensorFlow.js has to one it does not: ATen counts in int64 and averages in float64. */
export function nearest(scalar: number): TensorType {
  return scalar === SCALAR.float64 ? "float32" : "int32";
}
