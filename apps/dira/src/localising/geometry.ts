import { type ImageCache, indexToWorld, type Place, type Scan, worldToIndex } from "@dira/data";
import { boxOverlap, type VoxelBox, type VoxelMap } from "@dira/transfer";

/** A grid of pixels and where it lies in the world. */
export type Grid = Pick<Scan, "shape" | "spacing" | "origin" | "direction">;

/** Images that know where their pixels lie on the image as it was released. */
export interface PlacedImages {
  /** The images; the places of views that are made of them are in the world of {@link released}. */
  readonly cache: ImageCache;
  /** The grid of an image as it was released, which boxes and masks are given on. */
  released(index: number): Promise<Grid>;
}

/**
 * Gives images a place in one world with the image as it was released, so that resizing and cropping them, which keep
 * track of it, say where a view's pixels lie there: volumes have theirs in mm; the pixels of other images, which are kept
 * smaller, are set as far apart as they are in the released image, whose own are 1 apart.
 */
export function placedImages(cache: ImageCache): PlacedImages {
  const grids = new Map<number, Grid>();
  const released = async (index: number): Promise<Grid> => {
    const known = grids.get(index);
    if (known !== undefined) return known;
    const { data: _, ...grid } = await cache.set.read(index);
    const inMillimetres = cache.set.spatialRank === 3 && grid.spacing !== undefined;
    const own = inMillimetres ? grid : { shape: grid.shape };
    grids.set(index, own);
    return own;
  };
  const get = async (index: number): Promise<Scan> => {
    const [scan, grid] = [await cache.get(index), await released(index)];
    return grid.spacing === undefined ? placedOn(scan, grid.shape) : scan;
  };
  return { cache: { ...cache, get }, released };
}

/** An image that was shrunk from a shape, with a place in that image's own pixels. */
function placedOn({ data, shape }: Scan, from: readonly number[]): Scan {
  const spacing = shape.map((side, axis) => (from[axis] as number) / side);
  // The world names x first.
  const origin = spacing.map((pixels) => (pixels - 1) / 2).reverse();
  return { data, shape, spacing, origin };
}

/** A view of an image: its sides, and where it lies. */
export interface ViewGrid extends Place {
  readonly shape: readonly number[];
}

/** How an index on one grid becomes one on another: `start + Σ_a index[a] · steps[a]`. */
interface IndexMap {
  readonly start: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

function indexMap(from: Grid, to: Grid): IndexMap {
  const at = (index: readonly number[]): number[] => worldToIndex(to, indexToWorld(from, index));
  const start = at(from.shape.map(() => 0));
  const steps = from.shape.map((_, axis) => {
    const one = at(from.shape.map((_side, a) => Number(a === axis)));
    return one.map((value, a) => value - (start[a] as number));
  });
  return { start, steps };
}

/** Room for rounding where a pixel's edge is a view's. */
const ROUNDING = 1e-6;

/** Where the pixels along one axis of an image lie along the view's axis that runs the same way. */
interface Line {
  /** The first pixel that the view shows, and the first beyond it. */
  readonly from: number;
  readonly to: number;
  /** How far in the view's memory the pixels on both sides of each lie, and the weight of the second. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly part: Float64Array;
}

/** Between pixel centres linear; from the border's centres to its edges the border's. */
function lineOf(
  length: number,
  side: number,
  stride: number,
  placeOf: (i: number) => number,
): Line {
  const places = Float64Array.from({ length }, (_, i) => placeOf(i));
  const shown = places.map((x) => Number(x >= -0.5 - ROUNDING && x <= side - 0.5 + ROUNDING));
  const inside = places.map((x) => Math.min(Math.max(x, 0), side - 1));
  return {
    from: Math.max(0, shown.indexOf(1)),
    to: shown.lastIndexOf(1) + 1,
    low: Int32Array.from(inside, (x) => stride * Math.floor(x)),
    high: Int32Array.from(inside, (x) => stride * Math.ceil(x)),
    part: inside.map((x) => x - Math.floor(x)),
  };
}

/** One for each axis of the image: resizing, cropping, turning and flipping keep axes apart. */
function linesOf(view: ViewGrid, image: Grid): readonly Line[] {
  const { start, steps } = indexMap(image, view);
  return image.shape.map((length, axis) => {
    const step = steps[axis] as readonly number[];
    const along = step.reduce(
      (best, v, a) => (Math.abs(v) > Math.abs(step[best] ?? 0) ? a : best),
      0,
    );
    const stride = view.shape.slice(along + 1).reduce((a, b) => a * b, 1);
    const place = (i: number): number => (start[along] as number) + i * (step[along] as number);
    return lineOf(length, view.shape[along] as number, stride, place);
  });
}

/**
 * A view's heat map as one of the released image: each pixel takes the map's value at its centre, linearly; 0 where the view
 * does not reach, as beyond a central crop.
 */
export function onReleased(map: Float32Array, view: ViewGrid, image: Grid): VoxelMap {
  const { shape } = image;
  const lines = linesOf(view, image);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const row = lines[shape.length - 1] as Line;
  /** Writes a row: the sum over the view's rows around it, each at its offset with its weight. */
  const writeRow = (first: number, around: readonly Tap[]): void => {
    for (const [offset, weight] of around) {
      for (let i = row.from; i < row.to; i += 1) {
        const [low, high] = [
          map[offset + (row.low[i] as number)],
          map[offset + (row.high[i] as number)],
        ] as [number, number];
        const part = row.part[i] as number;
        data[first + i] = (data[first + i] as number) + weight * ((1 - part) * low + part * high);
      }
    }
  };
  const write = (axis: number, before: number, around: readonly Tap[]): void => {
    const first = before * (shape[axis] as number);
    if (axis === shape.length - 1) return writeRow(first, around);
    const { from, to, low, high, part } = lines[axis] as Line;
    for (let i = from; i < to; i += 1) {
      const share = part[i] as number;
      const next = around.flatMap(([offset, weight]): Tap[] => [
        [offset + (low[i] as number), weight * (1 - share)],
        [offset + (high[i] as number), weight * share],
      ]);
      write(axis + 1, first + i, next);
    }
  };
  write(0, 0, [[0, 1]]);
  return { data, shape };
}

/** A place in the view's memory, and its weight. */
type Tap = readonly [offset: number, weight: number];

/** The share of a box that a view shows, by its volume. */
export function shareInView(box: VoxelBox, view: ViewGrid, image: Grid): number {
  const { start, steps } = indexMap(view, image);
  const ends = start.map((value, axis) => {
    const reach = steps.map((step, a) =>
      [-0.5, (view.shape[a] as number) - 0.5].map((end) => end * (step[axis] as number)),
    );
    const low = reach.reduce((sum, both) => sum + Math.min(...both), value + 0.5);
    const high = reach.reduce((sum, both) => sum + Math.max(...both), value + 0.5);
    return { low, length: high - low };
  });
  const seen = [...ends.map(({ low }) => low), ...ends.map(({ length }) => length)];
  return boxOverlap(box, seen).iobb;
}
