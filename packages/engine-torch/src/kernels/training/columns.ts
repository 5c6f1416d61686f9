// All places of a tensor in a line: an image of one column, which is channels-last whatever the tensor's rank.
import type { Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import type { Operand } from "../../kernel.ts";
import { channelsSecond, inFormat } from "../layout.ts";

const reshape = aten("reshape");

/** The size of the last axis. */
export function lastOf(shape: readonly number[]): number {
  return shape[shape.length - 1] ?? 1;
}

/** `[…, C]` as `[1, C, n, 1]`. */
export function asColumn({ slot, shape }: Operand): Slot {
  return channelsSecond(reshape(slot, [1, -1, 1, lastOf(shape)]), "NHWC");
}

/** The inverse of {@link asColumn}: with the places of `like`, and channels of its own. */
export function fromColumn(column: Slot, like: Operand, channels: number): Slot {
  return reshape(inFormat(column, "NHWC"), [...like.shape.slice(0, -1), channels]);
}
