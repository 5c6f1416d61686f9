// Convolution and its two gradients, in any number of dimensions, on images of [N, C, …] and filters of [C', C / groups, …].
import { describe, type Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { inComputeType } from "../precision.ts";
import { emptyImage } from "./layout.ts";
import { type Windows as PoolWindows, withMargins, withoutMargins } from "./windows.ts";

/** A window's size is the filter's. */
type Windows = Omit<PoolWindows, "size">;

const backward = aten<[Slot | null, Slot | null, null]>("convolution_backward");
const convolution = aten("convolution");
const narrow = aten("narrow");
const newEmpty = aten("new_empty");

/** The convolution. */
export function convolve(
  x: Slot,
  filter: Slot,
  windows: Windows,
  groups = 1,
  bias: Slot | null = null,
): Slot {
  const { stride, padding, dilation } = windows;
  const noExtra = padding.map(() => 0);
  const seen = withMargins(inComputeType(x), windows, 0);
  const offset = bias === null ? null : inComputeType(bias);
  return convolution(
    seen,
    inComputeType(filter),
    offset,
    stride,
    padding,
    dilation,
    false,
    noExtra,
    groups,
  );
}

/** The gradient of its input. */
export function inputGradient(dy: Slot, filter: Slot, windows: Windows, groups = 1): Slot {
  const [count] = describe(dy).shape;
  const [, channels] = describe(filter).shape;
  const pulled = inComputeType(dy);
  const x = emptyImage(pulled, count as number, (channels as number) * groups, windows.seen);
  const [dx] = gradients(asManyAs(windows, pulled), x, inComputeType(filter), windows, groups, [
    true,
    false,
    false,
  ]);
  return withoutMargins(dx as Slot, windows);
}

/** The gradient of its filter, which has a shape. */
export function filterGradient(
  dy: Slot,
  x: Slot,
  shape: readonly number[],
  windows: Windows,
  groups = 1,
): Slot {
  const pulled = inComputeType(dy);
  const filter = newEmpty(pulled, shape);
  const seen = withMargins(inComputeType(x), windows, 0);
  const [, dFilter] = gradients(pulled, seen, filter, windows, groups, [false, true, false]);
  return dFilter as Slot;
}

/** What there are windows for: a transposed convolution may be asked for less than it has input for. */
function asManyAs({ output }: Windows, dy: Slot): Slot {
  return output.reduce<Slot>((rest, size, axis) => narrow(rest, axis + 2, 0, size), dy);
}

function gradients(
  dy: Slot,
  x: Slot,
  filter: Slot,
  { stride, padding, dilation }: Windows,
  groups: number,
  wanted: readonly [boolean, boolean, boolean],
): [Slot | null, Slot | null, null] {
  const noExtra = padding.map(() => 0);
  return backward(dy, x, filter, null, stride, padding, dilation, false, noExtra, groups, wanted);
}
