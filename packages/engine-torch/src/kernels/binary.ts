// Two inputs that broadcast, place by place.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, defineOperator, listOf, type Operand } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";

const simple: Readonly<Record<string, string>> = {
  Add: "add.Tensor",
  Atan2: "atan2",
  BitwiseAnd: "bitwise_and.Tensor",
  Equal: "eq.Tensor",
  Greater: "gt.Tensor",
  GreaterEqual: "ge.Tensor",
  Less: "lt.Tensor",
  LessEqual: "le.Tensor",
  LogicalAnd: "logical_and",
  LogicalOr: "logical_or",
  Maximum: "maximum",
  Minimum: "minimum",
  Multiply: "mul.Tensor",
  NotEqual: "ne.Tensor",
  RealDiv: "div.Tensor",
  Sub: "sub.Tensor",
};
for (const [kernel, operator] of Object.entries(simple))
  defineOperator(kernel, operator, ["a", "b"]);

const add = aten("add.Tensor");
const alias = aten("alias");
const divide = aten("div.Tensor_mode");
const pow = aten("pow.Tensor_Tensor");
const remainder = aten("remainder.Tensor");
const square = aten("square");
const sub = aten("sub.Tensor");
const to = aten("to.dtype");

define("FloorDiv", ({ a, b }) => inWider([a, b], (x, y) => divide(x, y, "floor")));

define("Mod", ({ a, b }) => inWider([a, b], remainder));

/** The least int32 by −1 is one more than the greatest: LibTorch 1.13 leaves that to the processor, which ends the process. */
function inWider([a, b]: readonly [Operand, Operand], run: (a: Slot, b: Slot) => Slot): Slot {
  if (a.dtype !== "int32" || b.dtype !== "int32") return run(a.slot, b.slot);
  const wide = run(to(a.slot, SCALAR.int64), to(b.slot, SCALAR.int64));
  return to(wide, SCALAR.int32);
}

// ATen refuses negative powers of integers.
define("Pow", ({ a, b }) => {
  if (a.dtype !== "int32") return pow(a.slot, b.slot);
  const power = pow(to(a.slot, SCALAR.float64), to(b.slot, SCALAR.float64));
  return to(power, SCALAR.int32);
});

define("SquaredDifference", ({ a, b }) => square(sub(a.slot, b.slot)));

define("AddN", (inputs) => {
  const [first, second, ...rest] = listOf(inputs).map(({ slot }) => slot) as [Slot, ...Slot[]];
  if (second === undefined) return alias(first);
  return rest.reduce((sum, x) => add(sum, x), add(first, second));
});
