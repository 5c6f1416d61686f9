import type { Slot } from "./addon.ts";
import type { TensorType } from "./scalar-types.ts";

/** An input of a kernel. */
export interface Operand {
  /** Asked for only where the values are needed: some callers give a shape alone. */
  readonly slot: Slot;
  readonly shape: readonly number[];
  readonly dtype: TensorType;
}

/** Inputs' names in tfjs-core's `kernel_names.ts`, and of our own kernels. */
type Name =
  | (
      | "a"
      | "alpha"
      | "b"
      | "boxInd"
      | "boxes"
      | "condition"
      | "data"
      | "dataSplits"
      | "defaultValue"
    )
  | ("delimiter" | "deltas" | "denseShape" | "dy" | "e" | "filter" | "imag" | "image" | "images")
  | (
      | "indices"
      | "input"
      | "inputIndices"
      | "inputShape"
      | "limits"
      | "logits"
      | "mean"
      | "newShape"
    )
  | ("numLower" | "numUpper" | "offset" | "output" | "params" | "paramsDenseValues" | "real" | "r1")
  | ("r2" | "r3" | "s0" | "s1" | "scale" | "scores" | "segmentIds" | "shape" | "sortedSequence")
  | (
      | "sparseIndices"
      | "sparseValues"
      | "starts"
      | "t"
      | "tensor"
      | "transforms"
      | "updates"
      | "value"
    )
  | ("values" | "variance" | "weights" | "x" | "y");

/** Those that a kernel may go without. */
type Optional = "bias" | "preluActivationWeights";

/** A kernel's inputs, those that it has of these. Where it takes a list, see {@link listOf}. */
export type Operands = Readonly<Record<Name, Operand> & Partial<Record<Optional, Operand>>>;

/** The inputs of a kernel that takes a list. */
export function listOf(operands: Operands): Operand[] {
  return Object.values(operands);
}
