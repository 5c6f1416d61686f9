// Two inputs that broadcast, place by place.
import { aten } from "../aten.ts";
import { define, defineOperator, type Operand } from "../kernel.ts";

const simple: Readonly<Record<string, string>> = {
  Add: "add.Tensor",
  Atan2: "atan2",
  Equal: "eq.Tensor",
  Greater: "gt.Tensor",
  GreaterEqual: "ge.Tensor",
  Less: "lt.Tensor",
  LessEqual: "le.Tensor",
  LogicalAnd: "logical_and",
  LogicalOr: "logical_or",
  Maximum: "maximum",
  Minimum: "minimum",
  Mod: "remainder.Tensor",
  Multiply: "mul.Tensor",
  NotEqual: "ne.Tensor",
  Pow: "pow.Tensor_Tensor",
  Sub: "sub.Tensor",
};
for (const [kernel, operator] of Object.entries(simple))
  defineOperator(kernel, operator, ["a", "b"]);
