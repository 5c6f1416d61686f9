// ATen's images have their channels second, TensorFlow.js's mostly last. Seen as [N, C, …], an image of [N, …, C] is what
// PyTorch calls channels-last: its kernels work on it as it lies, and give their results in the same layout.
import { addon, describe, type Slot } from "../addon.ts";
import { aten } from "../aten.ts";

/** Layouts of images and volumes. */
export type DataFormat = "NHWC" | "NCHW" | "NDHWC" | "NCDHW";

const contiguous = aten("contiguous");
const newEmpty = aten("new_empty");
const permute = aten("permute");

const orders: Readonly<Record<DataFormat, { to: readonly number[]; from: readonly number[] }>> = {
  NHWC: { to: [0, 3, 1, 2], from: [0, 2, 3, 1] },
  NDHWC: { to: [0, 4, 1, 2, 3], from: [0, 2, 3, 4, 1] },
  NCHW: { to: [0, 1, 2, 3], from: [0, 1, 2, 3] },
  NCDHW: { to: [0, 1, 2, 3, 4], from: [0, 1, 2, 3, 4] },
};

/** An image as [N, C, …]: a view. */
export function channelsSecond(x: Slot, format: DataFormat): Slot {
  return permute(x, orders[format].to);
}

/** The inverse of {@link channelsSecond}. Free as well, but after the few of ATen's operators that aren't for channels-last. */
export function inFormat(x: Slot, format: DataFormat): Slot {
  const seen = permute(x, orders[format].from);
  return format.endsWith("C") ? contiguous(seen) : seen;
}

/** Memory of nothing yet for an image of [N, C, …], channels-last: what asks for it wants its shape. */
export function emptyImage(
  like: Slot,
  count: number,
  channels: number,
  space: readonly number[],
): Slot {
  const format = space.length === 2 ? "NHWC" : "NDHWC";
  return channelsSecond(newEmpty(like, [count, ...space, channels]), format);
}

/**
 * A filter of [H, W, C, C'] or [D, H, W, C, C'] as [C', C, …]. Its values are laid out once as [C', …, C], which is what
 * PyTorch's kernels want beside channels-last images.
 */
export function filterFirst(filter: Slot): Slot {
  const rank = describe(filter).shape.length;
  addon().arrange(filter, [rank - 1, ...spaceOf(rank), rank - 2]);
  return permute(filter, [rank - 1, rank - 2, ...spaceOf(rank)]);
}

/** The shape of {@link filterFirst}. */
export function filterShapeFirst(shape: readonly number[]): number[] {
  return [...shape.slice(-2).toReversed(), ...shape.slice(0, -2)];
}

/** The inverse of {@link filterFirst}. */
export function filterLast(filter: Slot): Slot {
  const rank = describe(filter).shape.length;
  return permute(filter, [...spaceOf(rank).map((axis) => axis + 2), 1, 0]);
}

/** The first axes, all but two. */
function spaceOf(rank: number): number[] {
  return Array.from({ length: rank - 2 }, (_, axis) => axis);
}
