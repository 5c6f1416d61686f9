import { existsSync } from "node:fs";
import { ImageError, type Scan } from "../image.ts";
import { type ByteRange, type ByteSource, withBytes } from "./byte-source.ts";
import { checkSize, DEFAULT_MAX_BYTES, type ReadLimits } from "./limits.ts";
import { NIFTI2_BYTES, type NiftiHeader, niftiVersion, parseNiftiHeader } from "./nifti-header.ts";
import { bytesOf, toPixels } from "./pixel-types.ts";
import { sharedBytes } from "./shared-memory.ts";

/** Options of {@link readNifti}. */
export interface NiftiOptions extends ReadLimits {
  /**
   * Which volume of a file with several (time points, sequences), from 0 on, in the order of the file.
   *
   * @defaultValue the only one; a file with several needs to be told
   */
  readonly volume?: number;
}

/**
 * Reads NIfTI-1 or NIfTI-2: `.nii`, `.nii.gz`, or a pair `.hdr` and `.img` (each also with `.gz`; either
 * name will do). Bytes of either order; whole numbers and floats of 8 to 64 bits, as
 * {@link readScan} types them; `scl_slope` and `scl_inter` as `value = stored · slope + inter` where the
 * slope is neither 0 nor infinite.
 *
 * The array is `[k, j, i]`: the file's order, nothing flipped. Geometry as nibabel takes it: sform where
 * its code is above 0, else qform, else pixdim with x flipped and the middle at 0. NIfTI's world is RAS,
 * ours is LPS: x and y change sign. Images of two axes have spacing only.
 *
 * @throws ImageError when the file is missing, too short, damaged, too large or no NIfTI.
 * @see https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
 */
export async function readNifti(path: string, options: NiftiOptions = {}): Promise<Scan> {
  const [headerPath, pixelPath] = filesOf(path);
  if (headerPath === pixelPath) {
    return withBytes(path, rangeOf(path), async (source) => {
      const [header, used] = await takeHeader(path, source);
      if (header.pair)
        throw new ImageError(`${path} is a header whose pixels are in an .img file.`);
      if (header.offset < used) {
        throw new ImageError(
          `${path}: pixels can't begin at byte ${header.offset}, in the header.`,
        );
      }
      return takeVolume(path, source, header, used, options);
    });
  }
  const [header] = await withBytes(headerPath, rangeOf(headerPath), (source) =>
    takeHeader(headerPath, source),
  );
  if (!header.pair) throw new ImageError(`${headerPath} is no header of a pair .hdr and .img.`);
  return withBytes(pixelPath, rangeOf(pixelPath), (source) =>
    takeVolume(pixelPath, source, header, 0, options),
  );
}

/** The file with the header and the one with the pixels; the same for `.nii`. */
function filesOf(path: string): [header: string, pixels: string] {
  const pair = /\.(hdr|img)(\.gz)?$/i.exec(path);
  if (pair === null) return [path, path];
  const stem = path.slice(0, pair.index);
  const upper = pair[1] === pair[1]?.toUpperCase();
  const named = (extension: string): string => {
    const name = `${stem}.${upper ? extension.toUpperCase() : extension}`;
    return [`${name}${pair[2] ?? ""}`, name, `${name}.gz`].find((file) => existsSync(file)) ?? name;
  };
  return [named("hdr"), named("img")];
}

function rangeOf(path: string): ByteRange {
  return { packing: /\.gz$/i.test(path) ? "gzip" : "none" };
}

/** The header, and how many bytes were read for it. */
async function takeHeader(path: string, source: ByteSource): Promise<[NiftiHeader, number]> {
  const first = await source.take(348);
  if (niftiVersion(first)?.version !== 2) return [parseNiftiHeader(path, first), 348];
  const more = await source.take(NIFTI2_BYTES - 348);
  return [parseNiftiHeader(path, Buffer.concat([first, more])), NIFTI2_BYTES];
}

async function takeVolume(
  path: string,
  source: ByteSource,
  header: NiftiHeader,
  used: number,
  options: NiftiOptions,
): Promise<Scan> {
  const { sides, type, littleEndian, scaling } = header;
  const shape = [...sides.slice(0, Math.min(3, Math.max(2, sides.length)))].reverse();
  if (sides.length === 1) shape.unshift(1);
  const volumes = volumesOf(sides);
  const volume = pickVolume(path, sides, options.volume);
  const bytes = checkSize(path, shape, bytesOf(type), options) * bytesOf(type);
  const skipped = header.offset - used + volume * bytes;
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  if (header.offset > 64 * 2 ** 20 || (/\.gz$/i.test(path) && skipped + bytes > maxBytes)) {
    throw new ImageError(
      `${path}: its pixels end at byte ${skipped + bytes}; at most ${maxBytes} are unpacked (maxBytes).`,
    );
  }
  await source.skip(skipped);
  const pixels = sharedBytes(path, bytes);
  await source.into(pixels);
  if (volume === volumes - 1) await source.finish();
  const data = toPixels(path, { bytes: pixels, type, littleEndian, ...scaling });
  return { data, shape, ...geometryOf(path, header.affine, shape.length) };
}

/** Volumes in a file with these sides; a fourth side of 1 is none. */
const volumesOf = (sides: readonly number[]): number =>
  sides.slice(3).reduce((product, side) => product * side, 1);

function pickVolume(path: string, sides: readonly number[], volume: number | undefined): number {
  const volumes = volumesOf(sides);
  if (!(volumes >= 1)) throw new ImageError(`${path} has ${volumes} volumes.`);
  if (volume === undefined) {
    if (volumes === 1) return 0;
    throw new ImageError(
      `${path} has ${volumes} volumes, where one is expected: its shape is ${sides.join(" × ")}. Split it into volumes, or leave it out.`,
    );
  }
  if (Number.isInteger(volume) && volume >= 0 && volume < volumes) return volume;
  throw new ImageError(`${path} has ${volumes} volumes, from 0 on; there is no volume ${volume}.`);
}

/** Spacing, origin and direction in LPS of an affine in RAS, axes in the order of the array. */
function geometryOf(
  path: string,
  affine: readonly (readonly number[])[],
  rank: number,
): Pick<Scan, "spacing" | "origin" | "direction"> {
  const toLps = [-1, -1, 1];
  const columns = [2, 1, 0].map((axis) =>
    affine.map((row, r) => (row[axis] as number) * (toLps[r] as number)),
  );
  const spacing = columns.map((column) => Math.hypot(...column));
  if (!spacing.slice(3 - rank).every((mm) => mm > 0 && Number.isFinite(mm))) {
    throw new ImageError(
      `${path}: expected a finite distance above 0 between pixels, its NIfTI header gives ${spacing.join(" × ")} mm.`,
    );
  }
  if (rank === 2) return { spacing: spacing.slice(1) };
  const origin = affine.map((row, r) => (row[3] as number) * (toLps[r] as number));
  if (!origin.every(Number.isFinite)) {
    throw new ImageError(`${path}: its NIfTI header puts the first pixel at ${origin.join(", ")}.`);
  }
  const direction = columns.map((column, a) => column.map((v) => v / (spacing[a] as number) + 0));
  return { spacing, origin: origin.map((v) => v + 0), direction };
}
