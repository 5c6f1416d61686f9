// Parts of a tensor. They are copies: a view of a small part would hold the memory of the whole.
import { slice_util } from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { shapeInfo } from "../shape-info.ts";
import { movesStrings } from "../strings.ts";

const clone = aten("clone");
const flip = aten("flip");
const narrow = aten("narrow");
const reshape = aten("reshape");
const slice = aten("slice.Tensor");

interface SliceAttributes {
  readonly begin: number | number[];
  readonly size: number | number[];
}

define<SliceAttributes>("Slice", ({ x }, attributes) => {
  const info = shapeInfo(x);
  const [begins, sizes] = slice_util.parseSliceParams(info, attributes.begin, attributes.size) as [
    number[],
    number[],
  ];
  slice_util.assertParamsValid(info, begins, sizes);
  if (x.shape.every((size, axis) => size === sizes[axis])) return x.slot;
  const narrowed = sizes.reduce(
    (part, size, axis) => (size === x.shape[axis] ? part : narrow(part, axis, begins[axis], size)),
    x.slot,
  );
  return clone(narrowed);
});

interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

define<StridedSliceAttributes>("StridedSlice", ({ x }, attributes) => {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
    attributes;
  const info = slice_util.sliceInfo(
    [...x.shape],
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  if (info.isIdentity) return reshape(x.slot, info.finalShape);
  const part = info.strides.reduce<Slot>(
    (sliced, stride, axis) =>
      everyNth(sliced, axis, info.begin[axis] as number, info.end[axis] as number, stride),
    x.slot,
  );
  return reshape(clone(part), info.finalShape);
});

["Slice", "StridedSlice"].forEach(movesStrings);

/** ATen's slices only go forwards: one that goes backwards is cut forwards and turned round. */
function everyNth(x: Slot, axis: number, begin: number, end: number, stride: number): Slot {
  if (stride > 0) return slice(x, axis, begin, Math.max(begin, end), stride);
  const count = Math.max(0, Math.ceil((end - begin) / stride));
  if (count === 0) return slice(x, axis, 0, 0);
  const last = begin + (count - 1) * stride;
  return flip(slice(x, axis, last, begin + 1, -stride), [axis]);
}
