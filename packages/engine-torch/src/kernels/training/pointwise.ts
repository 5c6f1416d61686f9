// Operations of @dira/tensor on the channels of each place.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define, type Operand } from "../../kernel.ts";
import { narrow } from "../../precision.ts";

const add = aten("add.Tensor");
const leakyRelu = aten("leaky_relu");
const leakyReluBackward = aten("leaky_relu_backward");
const mm = aten("mm");
const relu = aten("relu");
const reshape = aten("reshape");
const sum = aten("sum.dim_IntList");
const threshold = aten("threshold_backward");
const transpose = aten("t");

const lastOf = ({ shape }: Operand): number => shape[shape.length - 1] ?? 1;
const rowsOf = (x: Operand): Slot => reshape(x.slot, [-1, lastOf(x)]);
const factorOf = (x: Operand): Slot => narrow(rowsOf(x));
const placesOf = ({ shape }: Operand): readonly number[] => shape.slice(0, -1);

// A convolution with a kernel of one place: `[places, C] · [C, C']`.
define("DiraPointwise", ({ x, filter }) =>
  reshape(mm(factorOf(x), factorOf(filter)), [...placesOf(x), lastOf(filter)]),
);

define("DiraPointwiseInputGrad", ({ dy, filter }) => {
  const channels = filter.shape[filter.shape.length - 2] ?? 1;
  return reshape(mm(factorOf(dy), transpose(factorOf(filter))), [...placesOf(dy), channels]);
});

define<{ readonly shape: readonly number[] }>("DiraPointwiseFilterGrad", ({ x, dy }, { shape }) =>
  reshape(mm(transpose(factorOf(x)), factorOf(dy)), shape),
);

define("DiraAddBias", ({ x, bias }) => add(x.slot, bias?.slot));

define("DiraSumPositions", ({ x }) => sum(rowsOf(x), [0], false));

define("DiraRelu", ({ x }) => relu(x.slot));

define("DiraReluGrad", ({ dy, y }) => threshold(dy.slot, y.slot, 0));

define<{ readonly slope: number }>("DiraLeakyRelu", ({ x }, { slope }) => leakyRelu(x.slot, slope));

// For a positive slope y has the sign of x.
define<{ readonly slope: number }>("DiraLeakyReluGrad", ({ dy, y }, { slope }) =>
  leakyReluBackward(dy.slot, y.slot, slope, true),
);
