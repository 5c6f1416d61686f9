import type { DataSetKind, ImageSet } from "@dira/data";

/** Which phantoms are written. */
export interface LayoutOptions {
  /** Files of images: X-rays, volumes, or cubes. */
  readonly count: number;
  /** Pixels per side, or `[depth, height, width]` in voxels. */
  readonly size: number | readonly number[];
  readonly seed: number;
}

/** How phantoms are written as a data set has its images on the disk. */
export interface PhantomLayout {
  /** As `openDataSet` names it. */
  readonly kind: DataSetKind;
  /** What it has images of, for people. */
  readonly noun: string;
  /** So many that training, validation and test all have patients. */
  readonly defaults: Pick<LayoutOptions, "count" | "size">;
  /** The phantoms that are written, in order. @throws UsageError for a size that the layout cannot have. */
  phantoms(options: LayoutOptions): ImageSet;
  /** Writes {@link PhantomLayout.phantoms} into an empty folder. */
  write(folder: string, options: LayoutOptions): Promise<void>;
}

/** A number with zeros before it: `00000001`. */
export const padded = (value: number, digits: number): string =>
  String(value).padStart(digits, "0");

/**
 * How many of some patients are for validation and for the test where a layout leaves that to whoever writes it: a sixth
 * and a quarter, of three or more at least one.
 */
export function heldOut(patients: number): { readonly val: number; readonly test: number } {
  if (patients < 3) return { val: 0, test: 0 };
  return {
    val: Math.max(1, Math.round(patients / 6)),
    test: Math.max(1, Math.round(patients / 4)),
  };
}
