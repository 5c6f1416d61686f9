import { scalarOf, type Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import { SCALAR } from "./scalar-types.ts";

/** In what convolutions and matrix products compute. */
export type ComputeType = "float32" | "bfloat16";

const to = aten("to.dtype");

let current: ComputeType = "float32";
/** Whether there may be tensors in bfloat16. */
let everNarrow = false;

/**
 * Sets in what type convolutions and matrix products compute from now on, as `torch.autocast` does: with `bfloat16` they
 * round what they are given, and give bfloat16, which activations, norms and pools after them keep, at half the memory.
 * All else (losses, softmax, sums, powers) computes in float32, and so do updates of parameters, which stay float32.
 * TensorFlow.js sees float32 throughout. It may be set at any time.
 *
 * @throws Error for another type.
 * @see https://docs.pytorch.org/docs/stable/amp.html#cpu-op-specific-behavior
 */
export function setComputeType(type: ComputeType): void {
  if (type !== "float32" && type !== "bfloat16")
    throw new Error(`setComputeType: expected "float32" or "bfloat16", got ${String(type)}.`);
  current = type;
  everNarrow ||= type === "bfloat16";
}

/** What {@link setComputeType} set; `float32` before. */
export function computeType(): ComputeType {
  return current;
}

/** Whether there can be no tensor in bfloat16. */
export function allWide(): boolean {
  return !everNarrow;
}

/** A factor of a product, in the type that products compute in. */
export function inComputeType(slot: Slot): Slot {
  return current === "bfloat16" && scalarOf(slot) === SCALAR.float32
    ? to(slot, SCALAR.bfloat16)
    : slot;
}

/** What was computed in bfloat16 as float32 again. */
export function widen(slot: Slot): Slot {
  return everNarrow && scalarOf(slot) === SCALAR.bfloat16 ? to(slot, SCALAR.float32) : slot;
}

/** A gradient in the type of what it is the gradient of, which operators that go back insist on. */
export function inTypeOf(gradient: Slot, like: Slot): Slot {
  if (current === "float32") return gradient;
  const [type, wanted] = [scalarOf(gradient), scalarOf(like)];
  return type === wanted ? gradient : to(gradient, wanted);
}

/** Kernels that take bfloat16 as it comes: products, and what only moves, bounds, normalises or adds values. */
const EITHER: ReadonlySet<string> = new Set([
  ...["_FusedMatMul", "Add", "AddN", "BatchMatMul", "Concat", "Einsum", "LeakyRelu", "Maximum"],
  ...["MirrorPad", "Multiply", "Pack", "PadV2", "Relu", "Reverse", "Select", "Slice", "SplitV"],
  ...["StridedSlice", "Sub", "Tile", "Transpose", "Unpack", "ZerosLike"],
  ...["AvgPool", "AvgPoolGrad", "MaxPool"],
  ...["Conv2D", "Conv2DBackpropFilter", "Conv2DBackpropInput", "Conv3D"],
  ...["Conv3DBackpropFilterV2", "Conv3DBackpropInputV2", "FusedConv2D"],
  ...["DiraAddBias", "DiraBatchNorm", "DiraBatchNormGrad", "DiraConv2d", "DiraConv2dFilterGrad"],
  ...["DiraConv2dInputGrad", "DiraConv3d", "DiraConv3dFilterGrad", "DiraConv3dInputGrad"],
  ...["DiraLeakyRelu", "DiraLeakyReluGrad", "DiraMaxPool2d", "DiraMaxPool2dGrad", "DiraMaxPool3d"],
  ...["DiraMaxPool3dGrad", "DiraPointwise", "DiraPointwiseFilterGrad", "DiraPointwiseInputGrad"],
  ...["DiraBatchNormRelu", "DiraRelu", "DiraReluGrad"],
]);

/** Whether a kernel takes bfloat16 as it comes. */
export function takesEither(kernelName: string): boolean {
  return EITHER.has(kernelName);
}
