import { InvalidArgumentError } from "commander";

/** A whole number of at least 0 on the command line. */
export function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("expected a whole number.");
}

/** A whole number above 0. */
export function positive(text: string): number {
  const value = whole(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("expected a whole number above 0.");
}

/** A number from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("expected a number from 0 to 1.");
}

/** `depth,height,width` in voxels. */
export function voxels(text: string): number[] {
  const values = text.split(",").map(Number);
  if (values.length === 3 && values.every((n) => Number.isInteger(n) && n > 0)) return values;
  throw new InvalidArgumentError("expected depth,height,width in voxels.");
}

/** One side in pixels, or {@link voxels}. */
export function sides(text: string): number | number[] {
  return text.includes(",") ? voxels(text) : whole(text);
}

/** An option that may be given several times. */
export function collect(text: string, before: string[]): string[] {
  return [...before, text];
}
