// Tensors of a rule rather than of data.
import { type DataType, util } from "@tensorflow/tfjs";
import { aten } from "../aten.ts";
import type { TorchBackend } from "../backend.ts";
import { define } from "../kernel.ts";
import { SCALAR, type TensorType } from "../scalar-types.ts";
import { sizeOf } from "../shapes.ts";
import { forStrings, movesStrings } from "../strings.ts";

const arange = aten("arange.start_step");
const diagonal = aten("diag");
const eq = aten("eq.Tensor");
const full = aten("full");
const linspace = aten("linspace");
const onesLike = aten("ones_like");
const reshape = aten("reshape");
const to = aten("to.dtype");
const unsqueeze = aten("unsqueeze");
const where = aten("where.Scalar");
const zerosLike = aten("zeros_like");

interface FillAttributes {
  readonly shape: number[];
  readonly value: number | string;
  readonly dtype?: DataType;
}

define<FillAttributes>("Fill", (_, { shape, value, dtype = util.inferDtype(value) }) =>
  full(shape, value as number, SCALAR[dtype as TensorType]),
);

forStrings("Fill", ({ attrs, backend }) => {
  const { shape, value } = attrs as unknown as FillAttributes;
  const word = util.encodeString(value as string);
  const words = Array.from({ length: sizeOf(shape) }, () => word);
  return (backend as unknown as TorchBackend).ownStrings(words, shape);
});

define("OnesLike", ({ x }) => onesLike(x.slot));
define("ZerosLike", ({ x }) => zerosLike(x.slot));
movesStrings("ZerosLike");

interface RangeAttributes {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly dtype: "float32" | "int32";
}

define<RangeAttributes>("Range", (_, { start, stop, step: given, dtype }) => {
  // The step that is left out is 1 and leads down as well.
  const step = stop < start && given === 1 ? -1 : given;
  const leads = start !== stop && start < stop === step > 0;
  return leads ? arange(start, stop, step, SCALAR[dtype]) : full([0], 0, SCALAR[dtype]);
});

interface LinSpaceAttributes {
  readonly start: number;
  readonly stop: number;
  readonly num: number;
}

define<LinSpaceAttributes>("LinSpace", (_, { start, stop, num }) =>
  linspace(start, stop, num, SCALAR.float32),
);

interface OneHotAttributes {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: TensorType;
}

define<OneHotAttributes>("OneHot", ({ indices }, { depth, onValue, offValue, dtype }) => {
  const classes = arange(0, depth, 1, SCALAR.int32);
  const isHot = eq(unsqueeze(indices.slot, -1), classes);
  return to(where(isHot, onValue, offValue), SCALAR[dtype]);
});

define("Diag", ({ x }) => {
  const matrix = diagonal(reshape(x.slot, [-1]));
  return reshape(matrix, [...x.shape, ...x.shape]);
});
