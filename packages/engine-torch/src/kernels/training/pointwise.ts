// Operations of @dira/tensor on the channels of each place.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define, type Operand } from "../../kernel.ts";
import { inTypeOf } from "../../precision.ts";
import { sizeOf } from "../../shapes.ts";
import { convolve, filterGradient, inputGradient } from "../convolve.ts";
import { filterFirst, filterLast } from "../layout.ts";
import { asColumn, fromColumn, lastOf } from "./columns.ts";

const add = aten("add.Tensor");
const leakyRelu = aten("leaky_relu");
const leakyReluBackward = aten("leaky_relu_backward");
const relu = aten("relu");
const reshape = aten("reshape");
const sum = aten("sum.dim_IntList");
const threshold = aten("threshold_backward");

const rowsOf = ({ slot, shape }: Operand): Slot => reshape(slot, [-1, lastOf(shape)]);

// A convolution with a kernel of one place, of all places in a line: oneDNN's convolutions have kernels for every processor,
// where the matrix products of PyTorch's wheels take slower ones on other makers' than Intel's.

/** `[1, …, C, C']` as `[C', C, 1, 1]`. */
function asFilter({ slot, shape }: Operand): Slot {
  const [inputs, outputs] = shape.slice(-2);
  return reshape(filterFirst(slot), [outputs ?? 1, inputs ?? 1, 1, 1]);
}

function windowsOf(x: Operand): Parameters<typeof convolve>[2] {
  const [ones, zeros, space] = [
    [1, 1],
    [0, 0],
    [sizeOf(x.shape.slice(0, -1)), 1],
  ];
  const sizes = { seen: space, output: space };
  return { stride: ones, dilation: ones, padding: zeros, margins: undefined, ...sizes };
}

define("DiraPointwise", ({ x, filter }) => {
  const y = convolve(asColumn(x), asFilter(filter), windowsOf(x));
  return fromColumn(y, x, lastOf(filter.shape));
});

define("DiraPointwiseInputGrad", ({ dy, filter }) => {
  const dx = inputGradient(asColumn(dy), asFilter(filter), windowsOf(dy));
  return fromColumn(dx, dy, filter.shape[filter.shape.length - 2] ?? 1);
});

define<{ readonly shape: readonly number[] }>("DiraPointwiseFilterGrad", ({ x, dy }, { shape }) => {
  const channels = [lastOf(dy.shape), lastOf(x.shape)];
  const filter = filterGradient(asColumn(dy), asColumn(x), [...channels, 1, 1], windowsOf(x));
  return reshape(filterLast(filter), shape);
});

define("DiraAddBias", ({ x, bias }) => add(x.slot, bias?.slot));

define("DiraSumPositions", ({ x }) => sum(rowsOf(x), [0], false));

define("DiraRelu", ({ x }) => relu(x.slot));

define("DiraReluGrad", ({ dy, y }) => threshold(inTypeOf(dy.slot, y.slot), y.slot, 0));

define<{ readonly slope: number }>("DiraLeakyRelu", ({ x }, { slope }) => leakyRelu(x.slot, slope));

// For a positive slope y has the sign of x.
define<{ readonly slope: number }>("DiraLeakyReluGrad", ({ dy, y }, { slope }) =>
  leakyReluBackward(inTypeOf(dy.slot, y.slot), y.slot, slope, true),
);
