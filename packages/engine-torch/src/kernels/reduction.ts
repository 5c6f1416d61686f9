// Sums, means and extremes along axes, and running ones.
import { util } from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, type Operand } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { sizeOf } from "../shapes.ts";

interface Axes {
  readonly axis?: number | number[] | null;
  /** What the maximum calls them. */
  readonly reductionIndices?: number | number[] | null;
  readonly keepDims?: boolean;
}

const alias = aten("alias");
const all = aten("all.dim");
const any = aten("any.dim");
const argmax = aten("argmax");
const argmin = aten("argmin");
const amax = aten("amax");
const amin = aten("amin");
const cumprod = aten("cumprod");
const cumsum = aten("cumsum");
const flip = aten("flip");
const mean = aten("mean.dim");
const nanToNum = aten("nan_to_num");
const narrow = aten("narrow");
const pad = aten("constant_pad_nd");
const permute = aten("permute");
const prod = aten("prod.dim_int");
const reshape = aten("reshape");
const sum = aten("sum.dim_IntList");
const to = aten("to.dtype");

function axesOf({ shape }: Operand, { axis, reductionIndices }: Axes): number[] {
  return util.parseAxisParam((axis ?? reductionIndices) as number[], [...shape]);
}

/** No axes reduce nothing; ATen would take them for all. */
function defineReduction(
  kernelName: string,
  reduce: (x: Operand, axes: readonly number[], keep: boolean) => Slot,
): void {
  define<Axes>(kernelName, ({ x }, attributes) => {
    const axes = axesOf(x, attributes);
    if (axes.length === 0) return alias(x.slot);
    return reduce(x, axes, attributes.keepDims ?? false);
  });
}

const whole = (x: Operand): boolean => x.dtype !== "float32" && x.dtype !== "complex64";

defineReduction("Sum", (x, axes, keep) =>
  sum(x.slot, axes, keep, whole(x) ? SCALAR.int32 : undefined),
);
defineReduction("Mean", (x, axes, keep) =>
  mean(x.slot, axes, keep, whole(x) ? SCALAR.float32 : undefined),
);
defineReduction("Max", (x, axes, keep) => amax(x.slot, axes, keep));
defineReduction("Min", (x, axes, keep) => amin(x.slot, axes, keep));

// These take one axis: those to be reduced become one, the last.
const overOne =
  (operator: (x: Slot, axis: number) => Slot) =>
  (x: Operand, axes: readonly number[], keep: boolean): Slot => {
    const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const left = rest.map((axis) => x.shape[axis] ?? 1);
    const reduced = sizeOf(axes.map((axis) => x.shape[axis] ?? 1));
    const result = operator(reshape(permute(x.slot, [...rest, ...axes]), [...left, reduced]), -1);
    if (!keep) return result;
    return reshape(
      result,
      x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    );
  };

defineReduction("All", overOne(all));
defineReduction("Any", overOne(any));
defineReduction("Prod", (x, axes, keep) =>
  overOne((y, axis) => prod(y, axis, false, whole(x) ? SCALAR.int32 : undefined))(x, axes, keep),
);

// NaN is nowhere the largest or the smallest.
for (const [kernelName, operator, worst] of [
  ["ArgMax", argmax, -Infinity],
  ["ArgMin", argmin, Infinity],
] as const) {
  define<Axes>(kernelName, ({ x }, attributes) => {
    const [axis = 0] = axesOf(x, attributes);
    const values = whole(x)
      ? to(x.slot, SCALAR.int32)
      : nanToNum(x.slot, worst, Infinity, -Infinity);
    return to(operator(values, axis), SCALAR.int32);
  });
}

interface Running {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** `neutral` is what an exclusive one starts with. */
function defineRunning(kernelName: string, operator: typeof cumsum, neutral: number): void {
  define<Running>(kernelName, ({ x }, { axis: given, exclusive, reverse }) => {
    const { slot, shape, dtype } = x;
    const axis = given < 0 ? given + shape.length : given;
    const turned = reverse ? flip(slot, [axis]) : slot;
    const type = dtype === "float32" ? SCALAR.float32 : SCALAR.int32;
    const length = shape[axis] ?? 1;
    const shifted = (): Slot => {
      const after = shape.slice(axis + 1).flatMap(() => [0, 0]);
      return narrow(pad(turned, [...after, 1, 0], neutral), axis, 0, length);
    };
    const running = operator(exclusive ? shifted() : turned, axis, type);
    return reverse ? flip(running, [axis]) : running;
  });
}

defineRunning("Cumsum", cumsum, 0);
defineRunning("Cumprod", cumprod, 1);
