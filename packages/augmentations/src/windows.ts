import type { Random } from "@dira/random";
import type { Box } from "./sample.ts";

/** The sizes that DiRA publishes are for 224×224; other sides scale them. */
const REFERENCE = 224;

/** How windows are drawn. */
export interface WindowPlan {
  /** At most so many. */
  readonly most: number;
  /** So many come without asking. */
  readonly sure: number;
  /** Chance to stop before each further window. */
  readonly stop: number;
  /** Smallest and largest length along an axis of this side, both included. */
  readonly lengths: (side: number) => readonly [number, number];
  /** Pixels kept free at each border of an axis of this side, where there is room. */
  readonly margin: (side: number) => number;
}

/** A published size in pixels, on an axis of this many pixels. */
export function scaled(pixels: number, side: number): number {
  return Math.max(1, Math.round((pixels * side) / REFERENCE));
}

/** A flat list in groups of equal length. */
export function groupsOf(numbers: readonly number[], length: number): number[][] {
  return Array.from({ length: numbers.length / length }, (_, i) =>
    numbers.slice(i * length, (i + 1) * length),
  );
}

/** Windows `[start …, length …]`, one after the other; on an axis of one pixel nothing is drawn. */
export function drawWindows(shape: readonly number[], random: Random, plan: WindowPlan): number[] {
  const windows: number[] = [];
  for (let i = 0; i < plan.most; i += 1) {
    if (i >= plan.sure && random.bernoulli(plan.stop)) break;
    const extent = shape.map((side) => {
      if (side === 1) return 1;
      const [low, high] = plan
        .lengths(side)
        .map((n) => Math.min(side, Math.max(1, Math.floor(n)))) as [number, number];
      return random.integer(low, Math.max(low, high) + 1);
    });
    const corner = shape.map((side, axis) => {
      const room = side - (extent[axis] as number);
      const margin = plan.margin(side);
      if (room < 2 * margin) return Math.floor(room / 2);
      return random.integer(margin, room - margin + 1);
    });
    windows.push(...corner, ...extent);
  }
  return windows;
}

/** Calls `visit(from, to)` with the first pixel of each line of a box, there and in the box alone. */
export function forEachLine(
  shape: readonly number[],
  box: Box,
  visit: (from: number, to: number) => void,
): void {
  const rank = shape.length;
  const length = box[2 * rank - 1] as number;
  const [depth, height] = [rank === 3 ? (box[3] as number) : 1, box[2 * rank - 2] as number];
  const front = rank === 3 ? (box[0] as number) : 0;
  const [top, left] = [box[rank - 2] as number, box[rank - 1] as number];
  const [rows, columns] = [shape[rank - 2] as number, shape[rank - 1] as number];
  for (let z = 0; z < depth; z += 1) {
    for (let y = 0; y < height; y += 1) {
      visit(((front + z) * rows + top + y) * columns + left, (z * height + y) * length);
    }
  }
}

/** Calls `visit(from, to)` for each run of neighbouring pixels in the windows. */
export function forEachRun(
  shape: readonly number[],
  windows: readonly number[],
  visit: (from: number, to: number) => void,
): void {
  for (const window of groupsOf(windows, 2 * shape.length)) {
    const length = window.at(-1) as number;
    forEachLine(shape, window, (from) => visit(from, from + length));
  }
}
