// How often each whole number is there.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, type Operand } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { sizeOf } from "../shapes.ts";

const clampMax = aten("clamp_max");
const clone = aten("clone");
const full = aten("full");
const narrow = aten("narrow");
const reshape = aten("reshape");
const scatterAdd = aten("scatter_add");
const scatterValue = aten("scatter.value");
const to = aten("to.dtype");

interface BincountAttributes {
  readonly size: number;
  readonly binaryOutput?: boolean;
}

define<BincountAttributes>("Bincount", ({ x, weights }, { size }) => {
  const all = { ...x, slot: reshape(x.slot, [-1]), shape: [sizeOf(x.shape)] };
  return count(all, weights, size, false);
});

define<BincountAttributes>("DenseBincount", ({ x, weights }, { size, binaryOutput = false }) =>
  count(x, weights, size, binaryOutput),
);

/** Of each row. ATen throws for negative numbers; those beyond the last bin go to one more, which is left out. */
function count(x: Operand, weights: Operand, size: number, binary: boolean): Slot {
  const type = SCALAR[weights.dtype];
  const bins = clampMax(to(x.slot, SCALAR.int64), size);
  const zeros = full([...x.shape.slice(0, -1), size + 1], 0, type);
  const filled = binary
    ? scatterValue(zeros, -1, bins, 1)
    : scatterAdd(
        zeros,
        -1,
        bins,
        sizeOf(weights.shape) > 0 ? weights.slot : full(x.shape, 1, type),
      );
  return clone(narrow(filled, -1, 0, size));
}
