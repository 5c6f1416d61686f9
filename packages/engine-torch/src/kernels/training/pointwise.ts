// Operations of @dira/tensor on the channels of each place.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { define, type Operand } from "../../kernel.ts";
import { inTypeOf } from "../../precision.ts";
import { currentDevice } from "../../settings.ts";
import { sizeOf } from "../../shapes.ts";
import { convolve, filterGradient, inputGradient } from "../convolve.ts";
import { channelsSecond, filterFirst, filterLast, inFormat } from "../layout.ts";
import { asColumn, fromColumn, lastOf } from "./columns.ts";

const add = aten("add.Tensor");
const leakyRelu = aten("leaky_relu");
const leakyReluBackward = aten("leaky_relu_backward");
const relu = aten("relu");
const reshape = aten("reshape");
const sum = aten("sum.dim_IntList");
const threshold = aten("threshold_backward");

const rowsOf = ({ slot, shape }: Operand): Slot => reshape(slot, [-1, lastOf(shape)]);

/** What the places of a convolution with a kernel of one of them are laid out as. */
interface Layout {
  of(x: Operand): Slot;
  /** The inverse: with the places of `like`, and channels of its own. */
  back(image: Slot, like: Operand, channels: number): Slot;
  spaceOf(x: Operand): readonly number[];
}

// oneDNN's convolutions have kernels for every processor, where the matrix products of PyTorch's wheels take slower ones on other
// makers' than Intel's; with all places in a line its choice of them does not hang on the image's shape.
const column: Layout = {
  of: asColumn,
  back: fromColumn,
  spaceOf: ({ shape }) => [sizeOf(shape.slice(0, -1)), 1],
};

const asItIs = (format: "NHWC" | "NDHWC"): Layout => ({
  of: ({ slot }) => channelsSecond(slot, format),
  back: (image) => inFormat(image, format),
  spaceOf: ({ shape }) => shape.slice(1, -1),
});

/** cuDNN splits large images by their number, so GPUs are given them as PyTorch gives them. */
const onGpus: Readonly<Record<number, Layout>> = { 4: asItIs("NHWC"), 5: asItIs("NDHWC") };

function layoutOf({ shape }: Operand): Layout {
  // A line of no places would be an image of no height.
  const inLine = currentDevice() === "cpu" && sizeOf(shape) > 0;
  return (inLine ? undefined : onGpus[shape.length]) ?? column;
}

/** `[1, …, C, C']` as `[C', C, 1, …]`, for images of so many axes of space. */
function asFilter({ slot, shape }: Operand, axes: number): Slot {
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  return reshape(filterFirst(slot), [outputs, inputs, ...ones(axes)]);
}

function windowsOf(space: readonly number[]): Parameters<typeof convolve>[2] {
  const [single, none] = [ones(space.length), space.map(() => 0)];
  const sizes = { seen: space, output: space };
  return { stride: single, dilation: single, padding: none, margins: undefined, ...sizes };
}

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);

define("DiraPointwise", ({ x, filter }) => {
  const layout = layoutOf(x);
  const space = layout.spaceOf(x);
  const y = convolve(layout.of(x), asFilter(filter, space.length), windowsOf(space));
  return layout.back(y, x, lastOf(filter.shape));
});

define("DiraPointwiseInputGrad", ({ dy, filter }) => {
  const layout = layoutOf(dy);
  const space = layout.spaceOf(dy);
  const dx = inputGradient(layout.of(dy), asFilter(filter, space.length), windowsOf(space));
  return layout.back(dx, dy, filter.shape[filter.shape.length - 2] ?? 1);
});

define<{ readonly shape: readonly number[] }>("DiraPointwiseFilterGrad", ({ x, dy }, { shape }) => {
  const layout = layoutOf(x);
  const space = layout.spaceOf(x);
  const first = [lastOf(dy.shape), lastOf(x.shape), ...ones(space.length)];
  const filter = filterGradient(layout.of(dy), layout.of(x), first, windowsOf(space));
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
