import type { Raster } from "@dira/augmentations";
import { worldToIndex } from "../formats/geometry.ts";
import { DataError, type Scan } from "../image.ts";
import { fillContour, type LidcContour, type LidcNodule } from "./lidc-xml.ts";

/** What a DICOM header says of a slice. */
export interface SlicePlace {
  readonly sopInstanceUid: string;
  readonly position?: readonly number[];
}

/** Gives the number of an outline's slice in the volume. */
export type SliceFinder = (contour: LidcContour) => number;

/** Finds slices by SOP instance, else by z; the error names the XML. */
export function sliceFinder(scan: Scan, slices: readonly SlicePlace[], xml: string): SliceFinder {
  const places = new Map(slices.map((slice) => [slice.sopInstanceUid, slice.position]));
  const [depth] = scan.shape as [number];
  const [x, y] = scan.origin ?? [0, 0];
  return ({ z, sopInstanceUid }) => {
    const position = places.get(sopInstanceUid) ?? [x ?? 0, y ?? 0, z];
    const place = worldToIndex(scan, position)[0] as number;
    const slice = Math.round(place);
    if (slice >= 0 && slice < depth && Math.abs(place - slice) < 0.4) return slice;
    throw new DataError(
      `${xml}: an outline at z = ${z} mm (${sopInstanceUid || "no SOP instance"}) lies on no slice of its series (${depth} slices from z = ${scan.origin?.[2]} mm). Are some missing?`,
    );
  };
}

/** Voxels that at least so many readers have within their outlines. */
export function consensusMask(
  scan: Scan,
  nodules: readonly LidcNodule[],
  consensus: number,
  sliceOf: SliceFinder,
): Raster<Uint8Array> {
  const [, height, width] = scan.shape as [number, number, number];
  const mask = new Uint8Array(scan.data.length);
  const bySlice = new Map<number, { reader: number; contour: LidcContour }[]>();
  for (const { reader, contours } of nodules) {
    for (const contour of contours) {
      const slice = sliceOf(contour);
      bySlice.set(slice, [...(bySlice.get(slice) ?? []), { reader, contour }]);
    }
  }
  for (const [slice, marks] of bySlice) {
    const votes = new Uint8Array(height * width);
    for (const reader of new Set(marks.map((mark) => mark.reader))) {
      const own = new Uint8Array(height * width);
      const contours = marks.filter((mark) => mark.reader === reader).map((mark) => mark.contour);
      // Holes are cut when everything is filled.
      for (const inclusion of [true, false]) {
        for (const contour of contours.filter((c) => c.inclusion === inclusion)) {
          fillContour(own, [height, width], contour.points, Number(inclusion));
        }
      }
      for (let i = 0; i < own.length; i += 1) votes[i] = (votes[i] as number) + (own[i] as number);
    }
    const start = slice * height * width;
    for (let i = 0; i < votes.length; i += 1) {
      if ((votes[i] as number) >= consensus) mask[start + i] = 1;
    }
  }
  const { data: _, ...place } = scan;
  return { ...place, data: mask };
}

/** What several readers outlined of one nodule. */
export interface NoduleGroup {
  /** Its middle: column, row, z in mm. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly readers: number;
  readonly contours: readonly LidcContour[];
}

/** Outlines of all readers by nodule: the same where their boxes overlap. */
export function groupNodules(nodules: readonly LidcNodule[]): NoduleGroup[] {
  const groups: LidcNodule[][] = [];
  for (const nodule of nodules) {
    const touched = groups.filter((group) => group.some((other) => overlap(nodule, other)));
    const merged = [nodule, ...touched.flat()];
    for (const group of touched) groups.splice(groups.indexOf(group), 1);
    groups.push(merged);
  }
  return groups.map((group) => {
    const contours = group.flatMap((nodule) => nodule.contours);
    const bounds = group.map(boundsOf);
    const middle = (axis: 0 | 1 | 2): number =>
      (Math.min(...bounds.map((b) => b[axis][0])) + Math.max(...bounds.map((b) => b[axis][1]))) / 2;
    const readers = new Set(group.map((nodule) => nodule.reader)).size;
    return { x: middle(0), y: middle(1), z: middle(2), readers, contours };
  });
}

type Range = readonly [number, number];

function boundsOf({ contours }: LidcNodule): readonly [Range, Range, Range] {
  const range = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)];
  const points = contours.flatMap((contour) => contour.points);
  return [
    range(points.map(([x]) => x)),
    range(points.map(([, y]) => y)),
    range(contours.map(({ z }) => z)),
  ];
}

function overlap(a: LidcNodule, b: LidcNodule): boolean {
  const [first, second] = [boundsOf(a), boundsOf(b)];
  return first.every(([low, high], axis) => {
    const [otherLow, otherHigh] = second[axis] as Range;
    return low <= otherHigh && otherLow <= high;
  });
}
