import { ImageError } from "../image.ts";
import type { PixelType } from "./pixel-types.ts";

/** What a NIfTI header says. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** Sides along i, j, k and so on: the first runs fastest. */
  readonly sides: readonly number[];
  readonly type: PixelType;
  /** First byte of the pixels, in the file that holds them. */
  readonly offset: number;
  /** Undefined where values are not scaled. */
  readonly scaling?: { readonly slope: number; readonly intercept: number };
  /** `[3][4]`: voxel (i, j, k, 1) → position in mm, RAS. */
  readonly affine: readonly (readonly number[])[];
  /** Whether the pixels are in another file (`.img`). */
  readonly pair: boolean;
}

const TYPES: Readonly<Record<number, PixelType>> = {
  2: "u1",
  4: "i2",
  8: "i4",
  16: "f4",
  64: "f8",
  256: "i1",
  512: "u2",
  768: "u4",
  1024: "i8",
  1280: "u8",
};

/** Where fields lie: NIfTI-1 and NIfTI-2. */
const FIELDS = {
  1: { dim: 40, datatype: 70, pixdim: 76, slope: 112, qform: 252, quatern: 256, srow: 280 },
  2: { dim: 16, datatype: 12, pixdim: 104, slope: 176, qform: 344, quatern: 352, srow: 400 },
} as const;

/** Bytes of the longer header. */
export const NIFTI2_BYTES = 540;

/** Which NIfTI a file begins with, if any. */
export function niftiVersion(
  start: Buffer,
): { readonly version: 1 | 2; readonly littleEndian: boolean } | undefined {
  if (start.length < 348) return undefined;
  for (const littleEndian of [true, false]) {
    const size = littleEndian ? start.readInt32LE(0) : start.readInt32BE(0);
    const magic = start.toString("latin1", size === 540 ? 4 : 344, size === 540 ? 7 : 347);
    if (size === 348 && /^n[+i]1$/.test(magic)) return { version: 1, littleEndian };
    if (size === 540 && /^n[+i]2$/.test(magic)) return { version: 2, littleEndian };
  }
  return undefined;
}

/** Reads a header of 348 or 540 bytes. @throws ImageError where it is none, or says the impossible. */
export function parseNiftiHeader(path: string, start: Buffer): NiftiHeader {
  const found = niftiVersion(start);
  if (found === undefined) {
    throw new ImageError(
      `${path} has no NIfTI header: 348 or 540 and n+1, ni1, n+2 or ni2 are expected, it begins with ${start.length < 4 ? "nothing" : start.readInt32LE(0)}. (Analyze 7.5 is not read.)`,
    );
  }
  const { version, littleEndian } = found;
  if (version === 2 && start.length < 540) {
    throw new ImageError(`${path} ends within its NIfTI-2 header.`);
  }
  const fields = FIELDS[version];
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const int16 = (at: number): number => view.getInt16(at, littleEndian);
  // Sizes and floats have twice the bytes in NIfTI-2.
  const size = (at: number, i: number): number =>
    version === 1 ? int16(at + 2 * i) : Number(view.getBigInt64(at + 8 * i, littleEndian));
  const float = (at: number, i: number): number =>
    version === 1
      ? view.getFloat32(at + 4 * i, littleEndian)
      : view.getFloat64(at + 8 * i, littleEndian);
  const code = (i: number): number =>
    version === 1 ? int16(fields.qform + 2 * i) : view.getInt32(fields.qform + 4 * i, littleEndian);
  const floats = (at: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => float(at, i));
  const sides = sidesOf(path, (i) => size(fields.dim, i));
  const pair = start.toString("latin1", version === 1 ? 345 : 5, version === 1 ? 346 : 6) === "i";
  const pixdim = floats(fields.pixdim, 8);
  const scaling = scalingOf(path, float(fields.slope, 0), float(fields.slope, 1));
  return {
    version,
    littleEndian,
    sides,
    pair,
    type: typeOf(path, int16(fields.datatype)),
    offset: offsetOf(path, version === 1 ? float(108, 0) : size(168, 0), version, pair),
    ...(scaling && { scaling }),
    affine:
      code(1) > 0
        ? [0, 1, 2].map((row) => floats(fields.srow + row * (version === 1 ? 16 : 32), 4))
        : code(0) > 0
          ? affineOfQuaternion(path, pixdim, floats(fields.quatern, 6))
          : plainAffine(pixdim, sides),
  };
}

function sidesOf(path: string, dim: (i: number) => number): number[] {
  const rank = dim(0);
  if (rank < 1 || rank > 7) {
    throw new ImageError(`${path}: expected 1 to 7 axes, its NIfTI header says ${rank}.`);
  }
  return Array.from({ length: rank }, (_, i) => dim(i + 1));
}

function typeOf(path: string, code: number): PixelType {
  const type = TYPES[code];
  if (type !== undefined) return type;
  throw new ImageError(
    `${path} has NIfTI data type ${code}; whole numbers and floats up to 64 bits are read (${Object.keys(TYPES).join(", ")}), no colours or complex numbers.`,
  );
}

function offsetOf(path: string, declared: number, version: 1 | 2, pair: boolean): number {
  const least = pair ? 0 : version === 1 ? 348 : 540;
  // As nibabel: 0 means right behind the header and its extension flag.
  const offset = declared === 0 && !pair ? least + 4 : declared;
  if (Number.isInteger(offset) && offset >= least && offset <= Number.MAX_SAFE_INTEGER) {
    return offset;
  }
  throw new ImageError(`${path}: pixels can't begin at byte ${declared} (vox_offset).`);
}

function scalingOf(path: string, slope: number, intercept: number): NiftiHeader["scaling"] {
  if (slope === 0 || !Number.isFinite(slope)) return undefined;
  if (!Number.isFinite(intercept)) {
    throw new ImageError(`${path}: its intercept (scl_inter) is ${intercept}.`);
  }
  return slope === 1 && intercept === 0 ? undefined : { slope, intercept };
}

/** `R(b, c, d) · diag(dx, dy, qfac · dz)` and the offset, with `a = √(1 − b² − c² − d²)`. */
function affineOfQuaternion(
  path: string,
  pixdim: readonly number[],
  [b = 0, c = 0, d = 0, ...offset]: readonly number[],
): number[][] {
  const square = 1 - b * b - c * c - d * d;
  // Rounded unit quaternions may be a little longer than 1, as nibabel allows.
  if (!(square >= -3 * 1.1920929e-7)) {
    throw new ImageError(`${path}: its quaternion (${b}, ${c}, ${d}) is longer than 1.`);
  }
  const a = Math.sqrt(Math.max(0, square));
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  const qfac = pixdim[0] === -1 ? -1 : 1;
  const sizes = [pixdim[1] as number, pixdim[2] as number, (pixdim[3] as number) * qfac];
  return rotation.map((row, r) => [
    ...row.map((cosine, axis) => cosine * (sizes[axis] as number)),
    offset[r] as number,
  ]);
}

/** Without a form: x flipped and the middle at 0, as nibabel. */
function plainAffine(pixdim: readonly number[], sides: readonly number[]): number[][] {
  return [0, 1, 2].map((axis) => {
    const step = (axis === 0 ? -1 : 1) * (pixdim[axis + 1] || 1);
    const row = [0, 0, 0, (-step * ((sides[axis] ?? 1) - 1)) / 2];
    row[axis] = step;
    return row;
  });
}
