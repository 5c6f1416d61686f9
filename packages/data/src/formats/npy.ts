import type { Pixels } from "@dira/augmentations";
import { ImageError, type Scan } from "../image.ts";
import { type ByteRange, type ByteSource, withBytes } from "./byte-source.ts";
import { checkSize, type ReadLimits } from "./limits.ts";
import { bytesOf, type PixelType, toPixels } from "./pixel-types.ts";
import { type NpyDescription, parseNpyHeader } from "./npy-header.ts";
import { findInZip } from "./zip.ts";
import { emptyLike, sharedBytes } from "./shared-memory.ts";

/** Options of {@link readNpy}. */
export interface NpyOptions extends ReadLimits {
  /** Reads only this item of the first axis. @defaultValue the whole array */
  readonly item?: number;
  /** The array's name in an `.npz`. @defaultValue the only one */
  readonly array?: string;
}

/** An array of any rank. */
export interface NpyArray {
  /** The last axis runs fastest, also where the file is in Fortran's order. */
  readonly data: Pixels;
  readonly shape: readonly number[];
}

interface NpyHeader extends NpyDescription {
  readonly type: PixelType;
}

/**
 * Reads NumPy's `.npy`, versions 1 to 3, or one array of an `.npz`: whole numbers and floats of 8 to 64
 * bits and bool, of either byte order, typed as {@link readScan} says. Arrays in Fortran's order are
 * transposed. Nothing is ever unpickled.
 *
 * @throws ImageError when the file is missing, too short, damaged or too large, or the type is another.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpy(path: string, options: NpyOptions = {}): Promise<NpyArray> {
  const range: ByteRange = /\.npz$/i.test(path)
    ? await findInZip(path, options.array === undefined ? undefined : `${options.array}.npy`)
    : {};
  return withBytes(path, range, async (source) => {
    const header = await takeHeader(path, source);
    const { type, littleEndian, fortran } = header;
    const { shape, skip } = pickItem(path, header.shape, options.item);
    const bytes = checkSize(path, fortran ? header.shape : shape, bytesOf(type), options);
    if (fortran && options.item !== undefined) {
      throw new ImageError(`${path} is in Fortran's order: single items of it can't be read.`);
    }
    await source.skip(skip * bytesOf(type));
    const pixels = sharedBytes(path, bytes * bytesOf(type));
    await source.into(pixels);
    if (options.item === undefined) await source.finish();
    const data = toPixels(path, { bytes: pixels, type, littleEndian });
    return fortran ? { data: transposed(path, data, shape), shape } : { data, shape };
  });
}

/** Reads an array of 2 or 3 axes, or one item (`volume`) of an array of 4, as a scan. */
export async function readNpyScan(
  path: string,
  { volume, ...options }: NpyOptions & { readonly volume?: number },
): Promise<Scan> {
  const item = volume ?? options.item;
  const { data, shape } = await readNpy(path, { ...options, ...(item !== undefined && { item }) });
  if (shape.length === 2 || shape.length === 3) return { data, shape };
  throw new ImageError(
    `${path}: expected an array of 2 or 3 axes, its shape is ${shape.join(" × ")}. ${shape.length > 3 ? "Split it into volumes" : "Give it its shape"}, or leave it out.`,
  );
}

function pickItem(
  path: string,
  shape: readonly number[],
  item: number | undefined,
): { readonly shape: readonly number[]; readonly skip: number } {
  if (item === undefined) return { shape, skip: 0 };
  const [items = 0, ...rest] = shape;
  if (!Number.isInteger(item) || item < 0 || item >= items || rest.length === 0) {
    throw new ImageError(`${path} is [${shape.join(", ")}]; it has no item ${item}.`);
  }
  return { shape: rest, skip: item * rest.reduce((product, side) => product * side, 1) };
}

async function takeHeader(path: string, source: ByteSource): Promise<NpyHeader> {
  const start = await source.take(8);
  const version = start[6] as number;
  if (start.toString("latin1", 0, 6) !== "\x93NUMPY" || version < 1 || version > 3) {
    throw new ImageError(`${path} is no .npy of version 1, 2 or 3.`);
  }
  const length =
    version === 1 ? (await source.take(2)).readUInt16LE() : (await source.take(4)).readUInt32LE();
  if (length > 2 ** 20) throw new ImageError(`${path} has a header of ${length} bytes.`);
  const text = (await source.take(length)).toString("utf8");
  const said = parseNpyHeader(text);
  if (said === undefined) {
    throw new ImageError(
      `${path}: expected descr, fortran_order and shape of numbers, got ${text.trim().slice(0, 200)}.`,
    );
  }
  return { ...said, type: typeOf(path, said.type) };
}

function typeOf(path: string, name: string): PixelType {
  if (name === "b1") return "u1";
  if (/^[iu][1248]$|^f[248]$/.test(name)) return name as PixelType;
  throw new ImageError(`${path} holds numbers of type ${name}; bool, whole and floating are read.`);
}

/** From the first axis fastest to the last. */
function transposed(path: string, data: Pixels, shape: readonly number[]): Pixels {
  const out = emptyLike(path, data, data.length);
  const rank = shape.length;
  const index = new Array<number>(rank).fill(0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  for (let to = 0, from = 0; to < out.length; to += 1) {
    out[to] = data[from] as number;
    for (let axis = rank - 1; axis >= 0; axis -= 1) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}
