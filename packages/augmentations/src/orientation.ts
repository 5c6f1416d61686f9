import { DiraError } from "./errors.ts";
import { kernels } from "./kernels/kernels.ts";
import { gathered, moved, stridesOf } from "./moved.ts";
import { checked, integer, list, pair, share } from "./options.ts";
import { type Operation, type Sample, type Transform, ownTransformOf } from "./sample.ts";

type Flip = { readonly axes: readonly number[] };

/** Options of {@link flip}. */
export interface FlipOptions {
  /** Axes to mirror, as in the shape; below 0 they count from the last. @defaultValue [-1] */
  readonly axes?: readonly number[];
}

/** An axis of an image or a volume; whether this one has it is seen when it comes. */
const anyAxis = integer(-3, 2);

const mirroring: Omit<Operation<Flip>, "draw"> = {
  name: "flip",
  spatial: true,
  apply: (sample, { axes }) =>
    reoriented(
      sample,
      sample.image.shape.map((_, axis) => axis),
      axes.map((axis) => axisOf(axis, sample.image.shape.length)),
    ),
  inverse: (parameters) => [{ name: "flip", parameters }],
};

/** {@link flip} as a replayable operation. */
export function flipOperation(options: FlipOptions = {}): Operation<Flip> {
  const { axes = [-1] } = checked("flip", options, { axes: list(anyAxis) });
  return { ...mirroring, draw: () => ({ axes }) };
}

/** An axis counted from the first. */
function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(positive) && positive >= 0 && positive < rank) return positive;
  throw new DiraError(`augmentations: expected an axis of −${rank} … ${rank - 1}, got ${axis}.`);
}

/** Mirrors along axes; by default left and right. */
export function flip(options: FlipOptions = {}): Transform {
  return ownTransformOf(flipOperation(options));
}

/** Mirrors left and right (the last axis). */
export const flipHorizontally: Transform = flip();

/** Options of {@link repeatedFlip}. */
export interface RepeatedFlipOptions {
  /** Chance of each further flip. @defaultValue 0.4 (Models Genesis) */
  readonly p?: number;
  /** At most so many. @defaultValue 3 */
  readonly most?: number;
}

/** {@link repeatedFlip} as a replayable operation. */
export function repeatedFlipOperation(options: RepeatedFlipOptions = {}): Operation<Flip> {
  const { p = 0.4, most = 3 } = checked("repeatedFlip", options, { p: share, most: integer(0) });
  return {
    ...mirroring,
    draw: (shape, random) => {
      const candidates = shape
        .map((_, axis) => axis - shape.length)
        .filter((axis) => (shape.at(axis) as number) > 1)
        .reverse();
      const axes: number[] = [];
      while (axes.length < most && random.bernoulli(p)) {
        axes.push(candidates[random.integer(0, candidates.length || 1)] ?? -1);
      }
      return { axes };
    },
  };
}

/**
 * Flips along axes drawn one after the other, as Models Genesis does: with probability p, then p again, at
 * most three times; the same axis twice is none.
 */
export function repeatedFlip(options: RepeatedFlipOptions = {}): Transform {
  return ownTransformOf(repeatedFlipOperation(options));
}

type Turn = { readonly axes: readonly number[]; readonly times: number };

/** Options of {@link rotate90}. */
export interface Rotate90Options {
  /** The plane: turned from its first axis towards its second. @defaultValue [-2, -1] */
  readonly axes?: readonly [number, number];
  /** Quarter turns, −3 … 3; each equally likely. @defaultValue [0, 1, 2, 3] */
  readonly times?: readonly number[];
}

/** {@link rotate90} as a replayable operation. */
export function rotate90Operation(options: Rotate90Options = {}): Operation<Turn> {
  const { axes = [-2, -1], times = [0, 1, 2, 3] } = checked("rotate90", options, {
    axes: pair(anyAxis),
    times: list(integer(-3, 3), 1),
  });
  return {
    name: "rotate90",
    spatial: true,
    draw: (_, random) => ({ axes, times: times[random.integer(0, times.length)] as number }),
    apply: (sample, turn) => turned(sample, turn),
    inverse: (turn) => [{ name: "rotate90", parameters: { axes: turn.axes, times: -turn.times } }],
  };
}

function turned(sample: Sample, { axes, times }: Turn): Sample {
  const rank = sample.image.shape.length;
  const [first, second] = axes.map((axis) => axisOf(axis, rank)) as [number, number];
  if (first === second) throw new DiraError("rotate90: expected a plane of two different axes.");
  const quarter = ((times % 4) + 4) % 4;
  const order = sample.image.shape.map((_, axis) => axis);
  if (quarter % 2 === 1) [order[first], order[second]] = [second, first];
  // numpy.rot90: one quarter flips the second axis, then swaps; three swap, then flip it.
  const mirrored = [[], [second], [first, second], [first]][quarter] as number[];
  return reoriented(sample, order, mirrored);
}

/**
 * Quarter turns in a plane: `numpy.rot90(image, times, axes)`.
 */
export function rotate90(options: Rotate90Options = {}): Transform {
  return ownTransformOf(rotate90Operation(options));
}

/** Axis a of the result runs along axis `order[a]` of the source, backwards where that is mirrored. */
function reoriented(sample: Sample, order: readonly number[], mirrored: readonly number[]): Sample {
  const { shape } = sample.image;
  const rank = shape.length;
  const strides = stridesOf(shape);
  const backwards = shape.map((_, a) => mirrored.filter((axis) => axis === a).length % 2 === 1);
  const size = order.map((axis) => shape[axis] as number);
  const matrix = new Array<number>(rank * rank).fill(0);
  order.forEach((source, axis) => {
    matrix[source * rank + axis] = backwards[source] === true ? -1 : 1;
  });
  // The most frequent of all.
  const leftAndRight =
    order.every((source, axis) => source === axis) &&
    backwards.every((back, axis) => back === (axis === rank - 1));
  const offset = shape.map((side, axis) => (backwards[axis] === true ? side - 1 : 0));
  const offsets = order.map((source) => {
    const [side, stride] = [shape[source] as number, strides[source] as number];
    return Int32Array.from(
      { length: side },
      (_, o) => (backwards[source] === true ? side - 1 - o : o) * stride,
    );
  });
  return moved(
    sample,
    { matrix, offset },
    {
      size,
      image: (data) =>
        leftAndRight ? kernels().mirror(data, size.at(-1) as number) : gathered(data, offsets, 0),
      labels: (data) => gathered(data, offsets, 0),
    },
  );
}
