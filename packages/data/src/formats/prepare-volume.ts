import type { Raster } from "@dira/augmentations";
import { DataError, ImageError, type Scan } from "../image.ts";
import { reorient } from "./geometry.ts";
import { DEFAULT_MAX_BYTES, megabytes } from "./limits.ts";
import { resampledFloats, resampleTo } from "./resample.ts";
import { emptyLike } from "./shared-memory.ts";

/** What volumes go through once, when they are read. */
export interface VolumePreparation {
  /**
   * Values of the file that become 0 and 1, Hounsfield units of a CT: `(v − low) / (high − low)`, cut at both
   * ends. TransVW's and Models Genesis's is [-1000, 1000], in which −150 HU is 0.425. `min-max`: each volume's own
   * least and largest value, for images without a scale (MRI), as Models Genesis does it there.
   *
   * @defaultValue values as they are
   */
  readonly window?: readonly [low: number, high: number] | "min-max";
  /** mm [z, y, x] to resample to; null along an axis keeps its spacing. @defaultValue none */
  readonly spacing?: readonly (number | null)[];
  /** Least sides [z, y, x] of a usable volume after that. @defaultValue any */
  readonly atLeast?: readonly number[];
}

/** Volumes lie as the patient does when no axis is further off than this. */
const MOST_OBLIQUE = 45;

/** The share of voxels that may be no number (NaN). */
const MOST_NAN = 0.5;

/**
 * Makes a volume ready to cut patches from, in this order:
 *
 * 1. axes z to the head, y to the back, x to the left ({@link reorient}; no value changes);
 * 2. another spacing, linearly, with the filter widened where voxels become fewer ({@link resampleTo});
 * 3. the window, into `Uint16Array` as shares of 65,535, which `sampleOf` scales to [0, 1]: within
 *    1/131,070 of the exact share.
 *
 * Without a window the type stays: unsigned volumes are shares of 255 or 65,535 already, others must lie in
 * [0, 1]. Spacing, origin and direction are those of the result.
 *
 * With a window, NaN (outside a scanner's field of view) becomes `low`, air, before resampling, where at
 * most half the voxels are NaN. Infinity is always an error, and so is NaN without a window.
 *
 * @param name - how errors name the volume: its file, say.
 * @throws ImageError for a scan that is no volume, whose axes are more than 45° off the patient's, that lacks
 *   the spacing to resample from, has values as above, or is smaller than `atLeast`.
 * @throws DataError for a preparation that is none.
 */
export function prepareVolume(scan: Scan, preparation: VolumePreparation, name: string): Scan {
  checkPreparation(preparation);
  const { atLeast } = preparation;
  const axial = axialOf(scan, name);
  const window = windowOf(axial, preparation);
  checkValues(axial, window, name);
  if (window !== undefined && !(window[1] > window[0])) {
    throw new ImageError(
      `${name}: expected voxels that differ, as its least and largest value become 0 and 1, all are ${window[0]}. Leave it out.`,
    );
  }
  const spacing = wantedSpacing(axial, preparation, name);
  if (window === undefined) {
    const even = spacing === undefined ? axial : resampleTo(axial, spacing, { antialias: true });
    return bigEnough(even, atLeast, name);
  }
  if (axial.data instanceof Float32Array) fillNaN(axial.data, window[0]);
  const even = spacing === undefined ? axial : resampledFloats(axial, spacing, { antialias: true });
  return windowed(bigEnough(even, atLeast, name), window);
}

/**
 * Moves the labels of a volume as {@link prepareVolume} moves the volume; each takes the nearest's, so that
 * no new label arises.
 *
 * @throws ImageError as {@link prepareVolume} for orientation and spacing.
 */
export function prepareMask(
  mask: Raster<Uint8Array>,
  preparation: VolumePreparation,
  name: string,
): Raster<Uint8Array> {
  const axial = axialOf(mask, name) as Raster<Uint8Array>;
  const spacing = wantedSpacing(axial, preparation, name);
  return spacing === undefined ? axial : resampleTo(axial, spacing, { kind: "labels" });
}

/** @throws DataError for a preparation that is none, saying what is expected. */
export function checkPreparation({ window, spacing, atLeast }: VolumePreparation): void {
  const refuse = (what: string, expected: string, got: readonly unknown[]): never => {
    throw new DataError(`volumes: expected \`${what}\` as ${expected}, got [${got.join(", ")}].`);
  };
  if (window !== undefined && window !== "min-max") {
    const [low, high] = window;
    if (window.length !== 2 || !(high > low && Number.isFinite(high - low))) {
      refuse("window", "[low, high], low below high", window);
    }
  }
  const three = (values: readonly unknown[], good: (value: unknown) => boolean): boolean =>
    values.length === 3 && values.every(good);
  const positive = (mm: unknown): boolean => mm === null || (Number.isFinite(mm) && Number(mm) > 0);
  if (spacing !== undefined && !three(spacing, positive)) {
    refuse("spacing", "[z, y, x] in mm above 0, or null", spacing);
  }
  const side = (n: unknown): boolean => Number.isInteger(n) && Number(n) > 0;
  if (atLeast !== undefined && !three(atLeast, side)) {
    refuse("atLeast", "[depth, height, width] in voxels", atLeast);
  }
}

/** In the patient's axes, in memory of its own. */
function axialOf(scan: Scan, name: string): Scan {
  const { shape } = scan;
  if (shape.length !== 3) {
    const many = shape.length > 3;
    throw new ImageError(
      `${name}: expected a volume of 3 axes (depth, height, width), its shape is ${sides(shape)}. ${many ? "Split it into volumes" : "Stack the slices to a volume"}, or leave it out.`,
    );
  }
  const axial = reorient(scan);
  const cosines = axial.direction?.map((axis, i) => axis[2 - i] as number) ?? [];
  const angles = cosines.map((cosine) => (Math.acos(Math.min(1, cosine)) * 180) / Math.PI);
  // False for what is no number, too.
  if (angles.every((angle) => angle <= MOST_OBLIQUE + 0.01)) return axial;
  throw new ImageError(
    `${name}: expected axes within ${MOST_OBLIQUE}° of the patient's (head, back, left), its are ${angles.map((angle) => `${Math.round(angle)}°`).join(", ")} off. Resample it to axial slices, or leave it out.`,
  );
}

type Window = readonly [low: number, high: number];

/** What becomes 0 and 1 of a volume. */
function windowOf({ data }: Scan, { window }: VolumePreparation): Window | undefined {
  if (window !== "min-max") return window;
  const { low, high } = rangeOf(data);
  return [low, high];
}

function checkValues({ data }: Scan, window: Window | undefined, name: string): void {
  if (data instanceof Uint8Array || data instanceof Uint16Array) {
    if (window === undefined || window[0] >= 0) return;
    throw new ImageError(
      `${name}: expected Hounsfield units, as the window is [${window.join(", ")}], its pixels are unsigned. Give no window (null), with which ${data instanceof Uint8Array ? 255 : 65535} is 1, or one of the file's own values.`,
    );
  }
  const { low, high, missing } = rangeOf(data);
  if (!Number.isFinite(high - low) && missing < data.length) {
    throw new ImageError(
      `${name}: expected finite values, it has ${low} to ${high}. Mend the file, or leave it out.`,
    );
  }
  const share = missing / data.length;
  if (share > (window === undefined ? 0 : MOST_NAN)) {
    throw new ImageError(
      `${name}: expected ${window === undefined ? "numbers only" : "numbers in at least half of its voxels"}, ${percent(share)} are none (NaN). ${window === undefined ? "Give a window, with which they become 0 (air)" : "Mend the file"}, or leave it out.`,
    );
  }
  if (window === undefined && !(low >= 0 && high <= 1)) {
    throw new ImageError(
      `${name}: expected values in [0, 1], as there is no window, it has ${low} to ${high}. Give a window, which becomes [0, 1]: [-1000, 1000] for a CT, e.g.`,
    );
  }
}

/** Least and largest value, and how many are NaN. */
function rangeOf(data: Scan["data"]): { low: number; high: number; missing: number } {
  let [low, high, missing] = [Infinity, -Infinity, 0];
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
    if (Number.isNaN(value)) missing += 1;
  }
  return { low, high, missing };
}

/** mm along each axis; undefined where it has them already. */
function wantedSpacing(
  { shape, spacing: stored }: Scan,
  { spacing }: VolumePreparation,
  name: string,
): number[] | undefined {
  if (spacing === undefined || spacing.every((mm) => mm === null)) return undefined;
  if (stored?.every((mm) => mm > 0 && Number.isFinite(mm)) !== true) {
    throw new ImageError(
      `${name}: expected the distance of its voxels in mm, to resample it, the file has ${stored?.join(", ") ?? "none"}. Write it into the file, or leave it out; without resampling it is not needed.`,
    );
  }
  const wanted = stored.map((mm, axis) => spacing[axis] ?? mm);
  if (wanted.every((mm, axis) => mm === stored[axis])) return undefined;
  const made = shape.map((side, axis) =>
    Math.round((side * (stored[axis] as number)) / (wanted[axis] as number)),
  );
  const bytes = 4 * made.reduce((a, b) => a * b, 1);
  if (bytes <= DEFAULT_MAX_BYTES) return wanted;
  throw new ImageError(
    `${name}: expected at most ${megabytes(DEFAULT_MAX_BYTES)} after resampling to ${wanted.join(" × ")} mm, its ${sides(made)} voxels take ${megabytes(bytes)}. Choose a coarser spacing.`,
  );
}

function bigEnough(scan: Scan, atLeast: VolumePreparation["atLeast"], name: string): Scan {
  const { shape, spacing } = scan;
  if (atLeast?.every((least, axis) => (shape[axis] as number) >= least) ?? true) return scan;
  const apart = spacing === undefined ? "" : ` of ${spacing.map(short).join(" × ")} mm`;
  throw new ImageError(
    `${name}: expected at least ${sides(atLeast ?? [])} voxels (depth, height, width), it has ${sides(shape)}${apart}. Choose a smaller patch or a finer spacing, or leave it out.`,
  );
}

function fillNaN(data: Float32Array, value: number): void {
  for (let i = 0; i < data.length; i += 1) if (Number.isNaN(data[i])) data[i] = value;
}

function windowed(scan: Scan, [low, high]: readonly [number, number]): Scan {
  const data = emptyLike("prepareVolume", new Uint16Array(0), scan.data.length);
  const scale = 65535 / (high - low);
  for (let i = 0; i < data.length; i += 1) {
    const share = ((scan.data[i] as number) - low) * scale;
    data[i] = share <= 0 ? 0 : share >= 65535 ? 65535 : Math.round(share);
  }
  return { ...scan, data };
}

const sides = (shape: readonly number[]): string => shape.join(" × ");
const short = (mm: number): string => String(Number(mm.toPrecision(4)));
const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
