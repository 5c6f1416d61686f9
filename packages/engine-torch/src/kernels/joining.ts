// Several tensors to one, and one to several.
import { backend_util, util } from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, listOf } from "../kernel.ts";
import { shapeInfo } from "../shape-info.ts";
import { movesStrings } from "../strings.ts";

const cat = aten("cat");
const clone = aten("clone");
const splitWithSizes = aten<readonly Slot[]>("split_with_sizes");
const stack = aten("stack");
const unbind = aten<readonly Slot[]>("unbind.int");

interface AxisAttributes {
  readonly axis: number;
}

define<AxisAttributes>("Concat", (inputs, attributes) => {
  const parts = listOf(inputs);
  const shapes = parts.map(({ shape }) => [...shape]);
  const axis = util.parseAxisParam(attributes.axis, shapes[0] as number[])[0] as number;
  backend_util.assertParamsConsistent(shapes, axis);
  return cat(slotsOf(parts), axis);
});

define<AxisAttributes>("Pack", (inputs, { axis }) => {
  const parts = listOf(inputs);
  if (parts.some(({ dtype }) => dtype !== parts[0]?.dtype))
    throw new Error("All tensors passed to stack must have matching dtypes");
  return stack(slotsOf(parts), axis);
});

define<AxisAttributes>("Unpack", ({ value }, { axis }) => alone(unbind(value.slot, axis)));

define<AxisAttributes & { readonly numOrSizeSplits: number[] | number }>(
  "SplitV",
  ({ x }, attributes) => {
    const axis = util.parseAxisParam(attributes.axis, [...x.shape])[0] as number;
    const sizes = backend_util.prepareSplitSize(shapeInfo(x), attributes.numOrSizeSplits, axis);
    return alone(splitWithSizes(x.slot, sizes, axis));
  },
);

["Concat", "Pack", "Unpack", "SplitV"].forEach(movesStrings);

function slotsOf(parts: readonly { readonly slot: Slot }[]): Slot[] {
  return parts.map(({ slot }) => slot);
}

/** Copies of parts: one that outlives the others would hold the memory of all. */
function alone(parts: readonly Slot[]): readonly Slot[] {
  return parts.length === 1 ? parts : parts.map((part) => clone(part));
}
