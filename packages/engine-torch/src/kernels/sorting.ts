// What depends on the order of values.
import { shared } from "@tensorflow/tfjs-backend-cpu";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { defineOnHost, type HostAny } from "../host-kernel.ts";
import { define } from "../kernel.ts";

const clone = aten("clone");
const contiguous = aten("contiguous");
const narrow = aten("narrow");
const searchSorted = aten("searchsorted.Tensor");
const sort = aten<readonly [Slot, Slot]>("sort.stable");

// A stable sort keeps equal values in their order, as TensorFlow.js does; `aten::topk` promises none.
define<{ readonly k: number }>("TopK", ({ x }, { k }) => {
  const sorted = sort(x.slot, true, -1, true);
  return sorted.map((slot) => clone(narrow(slot, -1, 0, k)));
});

define<{ readonly side: "left" | "right" }>(
  "SearchSorted",
  ({ sortedSequence, values }, { side }) =>
    searchSorted(contiguous(sortedSequence.slot), contiguous(values.slot), true, side === "right"),
);

// In the order of first appearance, which ATen does not keep.
defineOnHost<{ readonly x: HostAny }, { readonly axis: number }>("Unique", ({ x }, { axis }) => {
  const unique = shared.uniqueImpl(x.values, axis, x.shape, x.dtype);
  const { outputValues, outputShape, indices } = unique;
  return [
    { values: outputValues, shape: outputShape, dtype: x.dtype },
    { values: indices, shape: [indices.length], dtype: "int32" },
  ];
});
