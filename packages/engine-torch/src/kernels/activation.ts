// Activations, and what bounds values.
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";

const add = aten("add.Scalar");
const clamp = aten("clamp");
const elu = aten("elu");
const gt = aten("gt.Scalar");
const isNaN = aten("isnan");
const le = aten("le.Scalar");
const leakyRelu = aten("leaky_relu");
const logSoftmax = aten("log_softmax.int");
const lt = aten("lt.Scalar");
const mul = aten("mul.Tensor");
const scale = aten("mul.Scalar");
const selu = aten("selu");
const softmax = aten("softmax.int");
const softplus = aten("softplus");
const to = aten("to.dtype");
const where = aten("where.self");

define<{ readonly clipValueMin: number; readonly clipValueMax: number }>(
  "ClipByValue",
  ({ x }, { clipValueMin, clipValueMax }) => clamp(x.slot, clipValueMin, clipValueMax),
);

define("Elu", ({ x }) => elu(x.slot));

// Of y = elu(x): dy where x > 0, dy · (y + 1) elsewhere.
define("EluGrad", ({ dy, y }) => where(le(y.slot, 0), mul(dy.slot, add(y.slot, 1)), dy.slot));

define<{ readonly alpha: number }>("LeakyRelu", ({ x }, { alpha }) =>
  leakyRelu(x.dtype === "float32" ? x.slot : to(x.slot, SCALAR.float32), alpha),
);

define<{ readonly axis: number }>("LogSoftmax", ({ logits }, { axis }) =>
  logSoftmax(logits.slot, axis),
);

define("Prelu", ({ x, alpha }) => where(lt(x.slot, 0), mul(x.slot, alpha.slot), x.slot));

define("Relu6", ({ x }) => clamp(x.slot, 0, 6));

define("Selu", ({ x }) => selu(x.slot));

define<{ readonly dim: number }>("Softmax", ({ logits }, { dim }) => softmax(logits.slot, dim));

define("Softplus", ({ x }) => softplus(x.slot, 1, 40));

// 1 above zero, α below, and NaN where it is one.
define<{ readonly alpha: number }>("Step", ({ x }, { alpha }) => {
  const float = to(x.slot, SCALAR.float32);
  const above = to(gt(float, 0), SCALAR.float32);
  const step = where(isNaN(float), float, add(scale(above, 1 - alpha), alpha));
  return to(step, SCALAR[x.dtype]);
});
