import { type Pixels, type Raster, worldPosition } from "@dira/augmentations";
import { emptyLike } from "./shared-memory.ts";

/** What places a scan in the world. */
export type Placed = Pick<Raster<Pixels>, "shape" | "spacing" | "origin" | "direction">;

/**
 * The map from index to world as a matrix of `rank` rows and `rank + 1` columns: `world = A · [index, 1]`,
 * with the index in the order of the shape and the world in mm, x first (LPS). Spacing, origin and
 * direction that a scan lacks are 1, 0 and the axes: the last axis along x.
 */
export function affineOf({ shape, spacing, origin, direction }: Placed): number[][] {
  const rank = shape.length;
  return Array.from({ length: rank }, (_, row) => [
    ...shape.map((_side, axis) => {
      const cosine = direction?.[axis]?.[row] ?? (rank - 1 - axis === row ? 1 : 0);
      return cosine * (spacing?.[axis] ?? 1);
    }),
    origin?.[row] ?? 0,
  ]);
}

/** `world = origin + Σ_a index[a] · spacing[a] · direction[a]`, in mm. */
export function indexToWorld(scan: Placed, index: readonly number[]): number[] {
  return worldPosition(scan, index);
}

/**
 * The index, seldom whole, that lies at a place in the world: the inverse of {@link indexToWorld}.
 *
 * @throws RangeError where two axes have one direction.
 */
export function worldToIndex(scan: Placed, world: readonly number[]): number[] {
  const rank = scan.shape.length;
  // Gauss and Jordan, with the largest pivot.
  const rows = affineOf(scan).map((row, i) => [
    ...row.slice(0, rank),
    (world[i] as number) - (row[rank] as number),
  ]);
  for (let axis = 0; axis < rank; axis += 1) {
    const size = (row: number): number => Math.abs(rows[row]?.[axis] as number);
    let best = axis;
    for (let row = axis + 1; row < rank; row += 1) if (size(row) > size(best)) best = row;
    if (!(size(best) > 1e-12)) {
      throw new RangeError("worldToIndex: two axes of the scan have one direction.");
    }
    [rows[axis], rows[best]] = [rows[best] as number[], rows[axis] as number[]];
    const pivot = rows[axis] as number[];
    for (let row = 0; row < rank; row += 1) {
      if (row === axis) continue;
      const factor = (rows[row]?.[axis] as number) / (pivot[axis] as number);
      rows[row] = (rows[row] as number[]).map((v, c) => v - factor * (pivot[c] as number));
    }
  }
  return rows.map((row, axis) => (row[rank] as number) / (row[axis] as number));
}

/** Letters of the world's axes, in both senses. */
const LETTERS = { L: [0, 1], R: [0, -1], P: [1, 1], A: [1, -1], S: [2, 1], I: [2, -1] } as const;

/**
 * Permutes and flips axes, so that the last runs most nearly towards the first letter, the one before
 * towards the second, and the first towards the third: with `"LPS"` x, y and z grow to the patient's
 * left, back and head, as the default direction says. No value changes, and each keeps its place in the
 * world. A scan without direction is taken to be LPS already.
 *
 * @param code - of L or R, P or A, S or I, each pair once; an image of 2 axes takes the first two.
 *   @defaultValue "LPS"
 * @throws RangeError for another code.
 */
export function reorient<Data extends Pixels>(scan: Raster<Data>, code = "LPS"): Raster<Data> {
  const rank = scan.shape.length;
  const wanted = wantedAxes(code, rank);
  const affine = affineOf(scan);
  const sources = assignAxes(affine, wanted);
  const flips = sources.map((axis, to) => {
    const [row, sign] = wanted[to] as readonly [number, number];
    return (affine[row]?.[axis] as number) * sign < 0;
  });
  const first = new Array<number>(rank).fill(0);
  sources.forEach((axis, to) => {
    if (flips[to]) first[axis] = (scan.shape[axis] as number) - 1;
  });
  const signed = (axis: number, flip: boolean | undefined): number[] =>
    affine.map(
      (row) => ((row[axis] as number) / (scan.spacing?.[axis] ?? 1)) * (flip ? -1 : 1) + 0,
    );
  return {
    data: permuted(scan, sources, flips),
    shape: sources.map((axis) => scan.shape[axis] as number),
    ...(scan.spacing && { spacing: sources.map((axis) => scan.spacing?.[axis] as number) }),
    origin: indexToWorld(scan, first),
    direction: sources.map((axis, to) => signed(axis, flips[to])),
  };
}

/**
 * The code with which {@link reorient} leaves a scan as it is, and brings what was reoriented back to the scan's axes.
 *
 * `reorient(reorient(scan), orientationOf(scan))` has the pixels of `scan`.
 */
export function orientationOf(scan: Placed): string {
  const affine = affineOf(scan);
  const wanted = wantedAxes("LPS", scan.shape.length);
  const letters = scan.shape.map(() => "");
  assignAxes(affine, wanted).forEach((axis, to) => {
    const row = (wanted[to] as readonly [number, number])[0];
    const sign = (affine[row]?.[axis] as number) < 0 ? -1 : 1;
    const found = Object.entries(LETTERS).find(([, [r, s]]) => r === row && s === sign);
    letters[axis] = found?.[0] ?? "";
  });
  return letters.reverse().join("");
}

/** Per axis of the result: which row of the world, in which sense. */
function wantedAxes(code: string, rank: number): (readonly [number, number])[] {
  const letters = code.toUpperCase().slice(0, rank).split("");
  const wanted = letters.map((letter) => LETTERS[letter as keyof typeof LETTERS]);
  const rows = new Set(wanted.map((axis) => axis?.[0]));
  if (wanted.length !== rank || rows.size !== rank || [...rows].some((r) => !(Number(r) < rank))) {
    throw new RangeError(
      `reorient: expected ${rank} letters of L or R, P or A, S or I, as "${"LPS".slice(0, rank)}", got "${code}".`,
    );
  }
  return wanted.reverse();
}

/** Which axis of the scan goes where: the permutation along which directions agree most. */
function assignAxes(
  affine: readonly (readonly number[])[],
  wanted: readonly (readonly [number, number])[],
): number[] {
  const rank = wanted.length;
  const lengths = wanted.map((_, axis) => Math.hypot(...affine.map((row) => row[axis] as number)));
  const agreement = (order: readonly number[]): number =>
    order.reduce((sum, axis, to) => {
      const along = affine[wanted[to]?.[0] as number]?.[axis] as number;
      return sum + Math.abs(along) / (lengths[axis] as number);
    }, 0);
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return permutations(axes).reduce((a, b) => (agreement(b) > agreement(a) + 1e-9 ? b : a));
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

/**
 * The pixels with their axes in another order, some turned round; 2 or 3 axes.
 *
 * @param sources - per axis of the result, which of the raster's it is.
 */
export function permuted<Data extends Pixels>(
  { data, shape }: Raster<Data>,
  sources: readonly number[],
  flips: readonly boolean[] = [],
): Data {
  const stride = (axis: number): number => shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  // Depth 1 makes a volume of an image.
  const lift = 3 - shape.length;
  const sides = [
    ...new Array<number>(lift).fill(1),
    ...sources.map((axis) => shape[axis] as number),
  ];
  const steps = [
    ...new Array<number>(lift).fill(0),
    ...sources.map((axis, to) => (flips[to] ? -stride(axis) : stride(axis))),
  ];
  const out = emptyLike("reorient", data, data.length);
  const [depth = 1, height = 1, width = 1] = sides;
  const [perPlane = 0, perLine = 0, perPixel = 0] = steps;
  const start = steps.reduce(
    (sum, step, i) => sum + (step < 0 ? -step * ((sides[i] ?? 1) - 1) : 0),
    0,
  );
  let to = 0;
  for (let z = 0; z < depth; z += 1) {
    for (let y = 0; y < height; y += 1) {
      let from = start + z * perPlane + y * perLine;
      for (let x = 0; x < width; x += 1, from += perPixel) out[to++] = data[from] as number;
    }
  }
  return out;
}
