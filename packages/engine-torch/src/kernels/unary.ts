// One input, one operator, place by place.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, defineOperator, type Operand, type Operands } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";

const simple: Readonly<Record<string, string>> = {
  Abs: "abs",
  Acos: "acos",
  Acosh: "acosh",
  Asin: "asin",
  Asinh: "asinh",
  Atan: "atan",
  Atanh: "atanh",
  Ceil: "ceil",
  Cos: "cos",
  Cosh: "cosh",
  Erf: "erf",
  Exp: "exp",
  Expm1: "expm1",
  Floor: "floor",
  IsNan: "isnan",
  Log: "log",
  Log1p: "log1p",
  LogicalNot: "logical_not",
  Neg: "neg",
  Reciprocal: "reciprocal",
  Relu: "relu",
  Round: "round",
  Rsqrt: "rsqrt",
  Sigmoid: "sigmoid",
  Sign: "sgn",
  Sin: "sin",
  Sinh: "sinh",
  Sqrt: "sqrt",
  Square: "square",
  Tan: "tan",
  Tanh: "tanh",
};
for (const [kernel, operator] of Object.entries(simple)) defineOperator(kernel, operator, ["x"]);
