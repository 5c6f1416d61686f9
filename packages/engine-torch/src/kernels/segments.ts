// Sums of what belongs together.
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";

const full = aten("full");
const indexAdd = aten("index_add");
const lessThan = aten("lt.Scalar");
const logicalAnd = aten("logical_and");
const narrow = aten("narrow");
const notNegative = aten("ge.Scalar");
const to = aten("to.dtype");
const where = aten("where.ScalarOther");

define<{ readonly numSegments: number }>(
  "UnsortedSegmentSum",
  ({ x, segmentIds }, { numSegments }) => {
    // What belongs to no segment goes to one more, which is left out of the result.
    const ids = to(segmentIds.slot, SCALAR.int64);
    const known = logicalAnd(notNegative(ids, 0), lessThan(ids, numSegments));
    const zeros = full([numSegments + 1, ...x.shape.slice(1)], 0, SCALAR[x.dtype]);
    const sums = indexAdd(zeros, 0, where(known, ids, numSegments), x.slot);
    return narrow(sums, 0, 0, numSegments);
  },
);
