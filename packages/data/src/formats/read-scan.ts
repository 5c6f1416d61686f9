import { open, stat } from "node:fs/promises";
import { ImageError, type Scan } from "../image.ts";
import { decodeImage } from "./decode-image.ts";
import { readDicom } from "./dicom.ts";
import { looksLikeDicom } from "./dicom-file.ts";
import { type DicomSeriesOptions, readDicomSeries } from "./dicom-series.ts";
import { imageError } from "./limits.ts";
import { readMetaImage } from "./metaimage.ts";
import { type NiftiOptions, readNifti } from "./nifti.ts";
import { niftiVersion } from "./nifti-header.ts";
import { readNpyScan } from "./npy.ts";
import { type RawArray, readRawArray } from "./raw-array.ts";

/** Options of {@link readScan}; each is for the formats that it makes sense for. */
export interface ReadOptions extends DicomSeriesOptions, NiftiOptions {
  /** PNG, JPEG, TIFF, WebP: shrinks so that the shorter side is at most this. @defaultValue not at all */
  readonly side?: number;
  /** The array's name in an `.npz`. @defaultValue the only one */
  readonly array?: string;
  /** Reads pixels without a header, as this says. */
  readonly raw?: RawArray;
}

/**
 * Reads an image or a volume by what the file holds, then by its name: DICOM (a file, or a folder with
 * one series), NIfTI (`.nii`, `.nii.gz`, `.hdr` with `.img`), MetaImage (`.mhd`, `.mha`), NumPy (`.npy`,
 * `.npz`), else PNG, JPEG, TIFF or WebP.
 *
 * Pixels come in shared memory, in the order of the file, the last axis fastest. Types: `Uint8Array`,
 * `Uint16Array`, `Int16Array` and `Float32Array` as they are stored; other whole numbers (8 signed, 32,
 * 64 bits, or after a whole slope and intercept) `Int16Array` where all of them fit, else
 * `Float32Array`; everything else `Float32Array`, rounded once from double precision.
 *
 * @throws ImageError, naming the file, whatever is wrong with it.
 */
export async function readScan(path: string, options: ReadOptions = {}): Promise<Scan> {
  try {
    if (options.raw !== undefined) return await readRawArray(path, options.raw, options);
    const found = await stat(path);
    if (found.isDirectory()) return await readDicomSeries(path, options);
    return await READERS[await formatOf(path)](path, options);
  } catch (error) {
    throw imageError(path, "could not be read", error);
  }
}

type Format = "dicom" | "nifti" | "metaimage" | "numpy" | "image";

const READERS: Readonly<Record<Format, (path: string, options: ReadOptions) => Promise<Scan>>> = {
  dicom: readDicom,
  nifti: readNifti,
  metaimage: readMetaImage,
  numpy: readNpyScan,
  image: (path, { side, ...limits }) => decodeImage(path, side, limits),
};

const NAMES: readonly (readonly [RegExp, Format])[] = [
  [/\.(nii|hdr|img)(\.gz)?$/i, "nifti"],
  [/\.(mhd|mha)$/i, "metaimage"],
  [/\.(npy|npz)$/i, "numpy"],
  [/\.(dcm|dicom|ima)$/i, "dicom"],
  [/\.(png|jpe?g|tiff?|webp)$/i, "image"],
];

async function formatOf(path: string): Promise<Format> {
  const start = await startOf(path);
  if (start.toString("latin1", 128, 132) === "DICM") return "dicom";
  if (start.toString("latin1", 0, 6) === "\x93NUMPY") return "numpy";
  if (niftiVersion(start) !== undefined) return "nifti";
  const named = NAMES.find(([pattern]) => pattern.test(path))?.[1];
  if (named !== undefined) return named;
  if (/^\s*(ObjectType|NDims)\s*=/.test(start.toString("latin1"))) return "metaimage";
  return looksLikeDicom(start) ? "dicom" : "image";
}

async function startOf(path: string): Promise<Buffer> {
  const start = Buffer.alloc(1024);
  const file = await open(path);
  try {
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    if (bytesRead === 0) throw new ImageError(`${path} is empty.`);
    return start.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
