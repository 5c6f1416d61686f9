// Normalisation by given moments, and by neighbouring channels.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";

/** Attributes of local response normalisation. */
interface LocalResponse {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

const addScalar = aten("add.Scalar");
const addcmul = aten("addcmul");
const constantPad = aten("constant_pad_nd");
const div = aten("div.Tensor");
const mul = aten("mul.Tensor");
const neg = aten("neg");
const power = aten("pow.Tensor_Scalar");
const rsqrt = aten("rsqrt");
const scale = aten("mul.Scalar");
const sub = aten("sub.Tensor");
const sum = aten("sum.dim_IntList");
const unfold = aten("unfold");

// (x − mean) · scale / √(variance + ε) + offset, as one product and one sum over x.
define<{ readonly varianceEpsilon: number }>(
  "FusedBatchNorm",
  ({ x, mean, variance, scale: gain, offset }, { varianceEpsilon }) => {
    const inverse = rsqrt(addScalar(variance.slot, varianceEpsilon));
    const factor = gain === undefined ? inverse : mul(inverse, gain.slot);
    const shift = neg(mul(mean.slot, factor));
    const base = offset === undefined ? shift : sub(offset.slot, mul(mean.slot, factor));
    return addcmul(base, x.slot, factor);
  },
);

define<LocalResponse>("LRN", ({ x }, attributes) =>
  mul(x.slot, power(normOf(x.slot, attributes), -attributes.beta)),
);

// A channel's value is in its own result, and in the norms of its neighbours'.
define<LocalResponse>("LRNGrad", ({ x, y, dy }, attributes) => {
  const { depthRadius, alpha, beta } = attributes;
  const norm = normOf(x.slot, attributes);
  const own = mul(dy.slot, power(norm, -beta));
  const shares = div(mul(dy.slot, y.slot), norm);
  const ofNorms = mul(x.slot, sumOfNeighbours(shares, depthRadius));
  return sub(own, scale(ofNorms, 2 * alpha * beta));
});

/** bias + α · the sum of the neighbouring channels' squares. */
function normOf(x: Slot, { depthRadius, bias, alpha }: LocalResponse): Slot {
  return addScalar(scale(sumOfNeighbours(mul(x, x), depthRadius), alpha), bias);
}

/** Sums over the channels at most `radius` away, of the last axis. */
function sumOfNeighbours(x: Slot, radius: number): Slot {
  return sum(unfold(constantPad(x, [radius, radius]), -1, 2 * radius + 1, 1), [-1]);
}
