// Margins round a tensor.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";

const cat = aten("cat");
const constantPad = aten("constant_pad_nd");
const flip = aten("flip");
const narrow = aten("narrow");

/** Per axis how much before and after. */
type Paddings = readonly (readonly [number, number])[];

define<{ readonly paddings: Paddings; readonly constantValue: number }>(
  "PadV2",
  ({ x }, { paddings, constantValue }) => {
    if (paddings.every(([before, after]) => before === 0 && after === 0)) return x.slot;
    // ATen begins with the last axis.
    return constantPad(x.slot, paddings.toReversed().flat(), constantValue);
  },
);

define<{ readonly paddings: Paddings; readonly mode: "reflect" | "symmetric" }>(
  "MirrorPad",
  ({ x }, { paddings, mode }) =>
    paddings.reduce(
      (padded, [before, after], axis) =>
        mirror(padded, axis, x.shape[axis] as number, before, after, mode === "reflect" ? 1 : 0),
      x.slot,
    ),
);

/** Both margins of an axis are what lies beside them, turned round; `skip` of it at the edge is not repeated. */
function mirror(
  x: Slot,
  axis: number,
  size: number,
  before: number,
  after: number,
  skip: number,
): Slot {
  if (before === 0 && after === 0) return x;
  const left = flip(narrow(x, axis, skip, before), [axis]);
  const right = flip(narrow(x, axis, size - skip - after, after), [axis]);
  return cat([left, x, right], axis);
}
