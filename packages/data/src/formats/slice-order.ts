import type { Scan } from "../image.ts";

/** Where a slice lies: DICOM's position, orientation and spacing. */
export interface SlicePlace {
  readonly name: string;
  readonly position: readonly number[];
  readonly orientation: readonly number[];
  readonly pixelSpacing: readonly number[];
  readonly thickness?: number;
}

/** Slices in order along their normal, and the geometry of the volume that they make. */
export interface SliceOrder extends Pick<Scan, "spacing" | "origin" | "direction"> {
  readonly order: readonly number[];
}

/** Slices as positions along their common normal; in mm. */
export interface SortedSlices {
  readonly order: readonly number[];
  readonly along: readonly number[];
}

/** Sorts by `position · normal`, where the normal is row × column. */
export function sortSlices(places: readonly SlicePlace[]): SortedSlices {
  const [first] = places;
  const normal = normalOf(first?.orientation ?? [1, 0, 0, 0, 1, 0]);
  const depth = places.map(({ position }) => dot(position, normal));
  const order = places.map((_, i) => i).sort((a, b) => (depth[a] ?? 0) - (depth[b] ?? 0));
  return { order, along: order.map((i) => depth[i] as number) };
}

/**
 * The first thing that keeps slices from being a volume: another orientation or spacing, two at one
 * place, or unequal distances (a gap). Distances may differ by a quarter, for positions are rounded.
 */
export function irregularity(
  places: readonly SlicePlace[],
  { order, along }: SortedSlices,
): string | undefined {
  const [first] = places;
  for (const place of places) {
    if (!alike(place.orientation, first?.orientation ?? [], 1e-3)) {
      return `${place.name} has another orientation than ${first?.name}`;
    }
    if (!alike(place.pixelSpacing, first?.pixelSpacing ?? [], 1e-3)) {
      return `${place.name} has another pixel spacing than ${first?.name}`;
    }
  }
  const steps = along.slice(1).map((depth, i) => depth - (along[i] as number));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const named = (i: number): string => places[order[i] as number]?.name ?? "";
  for (const [i, step] of steps.entries()) {
    const pair = `${named(i)} and ${named(i + 1)}`;
    if (step < 1e-3) return `${pair} are at the same place`;
    if (Math.abs(step - usual) > usual / 4) {
      return `${pair} are ${step.toFixed(3)} mm apart, most others ${usual.toFixed(3)} mm (is a slice missing?)`;
    }
  }
  return undefined;
}

/**
 * The geometry of sorted, regular slices. The distance comes from the positions of the first and the
 * last, never from Slice Thickness, but for a single slice.
 */
export function geometryOfSlices(
  places: readonly SlicePlace[],
  { order }: SortedSlices,
): Pick<Scan, "spacing" | "origin" | "direction"> {
  const first = places[order[0] as number] as SlicePlace;
  const last = places[order.at(-1) as number] as SlicePlace;
  const way = last.position.map((v, axis) => v - (first.position[axis] as number));
  const length = Math.hypot(...way);
  const single = order.length === 1;
  const along = single ? normalOf(first.orientation) : way.map((v) => v / length);
  const step = single ? (first.thickness ?? 1) : length / (order.length - 1);
  const [row, column] = [first.orientation.slice(0, 3), first.orientation.slice(3)];
  return {
    spacing: [step, ...first.pixelSpacing],
    origin: first.position,
    // Down a column goes the axis of the rows.
    direction: [along, column, row].map((axis) => axis.map((v) => v + 0)),
  };
}

/** Both, or undefined where the slices make no regular volume. */
export function orderSlices(places: readonly SlicePlace[] | undefined): SliceOrder | undefined {
  if (places === undefined) return undefined;
  const sorted = sortSlices(places);
  if (irregularity(places, sorted) !== undefined) return undefined;
  return { order: sorted.order, ...geometryOfSlices(places, sorted) };
}

function alike(a: readonly number[], b: readonly number[], tolerance: number): boolean {
  return a.every((v, i) => Math.abs(v - (b[i] ?? NaN)) <= tolerance);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);
}

/** Row × column. */
function normalOf([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]: readonly number[]): number[] {
  return [b * f - c * e, c * d - a * f, a * e - b * d].map((v) => v + 0);
}
