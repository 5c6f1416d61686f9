// A choice between two tensors.
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";

const reshape = aten("reshape");
const to = aten("to.dtype");
const where = aten("where.self");

// A condition of rank 1 chooses whole rows.
define("Select", ({ condition, t, e }) => {
  const chosen = to(condition.slot, SCALAR.bool);
  const rows = condition.shape.length === 1 && t.shape.length > 1;
  const spread = rows ? [...condition.shape, ...t.shape.slice(1).map(() => 1)] : condition.shape;
  return where(reshape(chosen, spread), t.slot, e.slot);
});
