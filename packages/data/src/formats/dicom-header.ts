import type { DataSet } from "dicom-parser";
import { ImageError } from "../image.ts";
import { type DicomFile, openDicom } from "./dicom-file.ts";
import type { ReadLimits } from "./limits.ts";

/** Values are shown from `center − width / 2` (black) to `center + width / 2` (white). */
export interface DicomWindow {
  readonly center: number;
  readonly width: number;
  /** VOI LUT Function (0028,1056). @defaultValue "LINEAR" */
  readonly shape?: "LINEAR" | "LINEAR_EXACT" | "SIGMOID";
}

/** What a DICOM file says about its image; lengths in mm, the world is LPS. */
export interface DicomHeader {
  readonly path: string;
  readonly transferSyntax: string;
  readonly patientId: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly modality: string;
  readonly instanceNumber?: number;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly planar: boolean;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Image Position (Patient): of the first pixel's centre. */
  readonly position?: readonly number[];
  /** Image Orientation (Patient): the direction along a row, then down a column. */
  readonly orientation?: readonly number[];
  /** Between rows, then between columns: Pixel Spacing, else Imager Pixel Spacing. */
  readonly pixelSpacing?: readonly number[];
  readonly sliceThickness?: number;
  /** `value = stored · slope + intercept`. */
  readonly slope: number;
  readonly intercept: number;
  /** The first window of the file. */
  readonly window?: DicomWindow;
  /** Any other element's text, by tag, as in `text("00080060")`. */
  readonly text: (tag: string) => string | undefined;
}

/**
 * Reads what a DICOM file says, without its pixels.
 *
 * @throws ImageError when it is missing, damaged or no DICOM image.
 */
export async function readDicomHeader(path: string, limits: ReadLimits = {}): Promise<DicomHeader> {
  return dicomHeader(await openDicom(path, "header", limits));
}

/** The header of a parsed file. @throws ImageError where it has no image, or one that can't be. */
export function dicomHeader({ path, data, transferSyntax }: DicomFile): DicomHeader {
  const whole = (tag: string, otherwise?: number): number => {
    const value = data.uint16(tag) ?? otherwise;
    if (value !== undefined) return value;
    throw new ImageError(`${path} holds no image: its DICOM header lacks ${tagName(tag)}.`);
  };
  const text = (tag: string): string => data.string(tag)?.trim() ?? "";
  const bitsAllocated = whole("x00280100");
  const bitsStored = whole("x00280101", bitsAllocated);
  const instanceNumber = data.intString("x00200013");
  const sliceThickness = numbersOf(data, "x00180050", 1)?.[0];
  const header = {
    path,
    transferSyntax,
    patientId: text("x00100020"),
    studyInstanceUid: text("x0020000d"),
    seriesInstanceUid: text("x0020000e"),
    sopInstanceUid: text("x00080018"),
    sopClassUid: text("x00080016"),
    modality: text("x00080060"),
    ...(Number.isFinite(instanceNumber) && { instanceNumber: instanceNumber as number }),
    rows: whole("x00280010"),
    columns: whole("x00280011"),
    frames: data.intString("x00280008") ?? 1,
    samplesPerPixel: whole("x00280002", 1),
    photometric: text("x00280004") || "MONOCHROME2",
    planar: whole("x00280006", 0) === 1,
    bitsAllocated,
    bitsStored,
    highBit: whole("x00280102", bitsStored - 1),
    signed: whole("x00280103", 0) === 1,
    ...placeOf(data),
    ...(sliceThickness !== undefined && { sliceThickness }),
    slope: numbersOf(data, "x00281053", 1)?.[0] ?? 1,
    intercept: numbersOf(data, "x00281052", 1)?.[0] ?? 0,
    ...windowOf(data),
    text: (tag: string) => data.string(`x${tag.replace(/[(),\s]/g, "").toLowerCase()}`)?.trim(),
  };
  checkBits(header);
  return header;
}

function placeOf(
  data: DataSet,
): Partial<Pick<DicomHeader, "position" | "orientation" | "pixelSpacing">> {
  const position = numbersOf(data, "x00200032", 3);
  const orientation = numbersOf(data, "x00200037", 6);
  const pixelSpacing = numbersOf(data, "x00280030", 2) ?? numbersOf(data, "x00181164", 2);
  return {
    ...(position && { position }),
    ...(orientation && { orientation }),
    ...(pixelSpacing?.every((mm) => mm > 0) && { pixelSpacing }),
  };
}

/** An element's numbers, where it has as many as are expected and all are finite. */
export function numbersOf(data: DataSet, tag: string, count: number): number[] | undefined {
  const found = (data.string(tag) ?? "").split("\\").map((text) => text.trim());
  if (found.length < count || found.slice(0, count).includes("")) return undefined;
  const values = found.slice(0, count).map(Number);
  return values.every(Number.isFinite) ? values : undefined;
}

function windowOf(data: DataSet): { window?: DicomWindow } {
  const center = numbersOf(data, "x00281050", 1)?.[0];
  const width = numbersOf(data, "x00281051", 1)?.[0];
  if (center === undefined || width === undefined || !(width > 0)) return {};
  const named = data.string("x00281056")?.trim();
  const shape = named === "SIGMOID" || named === "LINEAR_EXACT" ? named : "LINEAR";
  return { window: { center, width, shape } };
}

function checkBits(header: DicomHeader): void {
  const { path, bitsAllocated, bitsStored, highBit, rows, columns, frames } = header;
  const possible =
    [1, 8, 16, 32].includes(bitsAllocated) &&
    bitsStored >= 1 &&
    bitsStored <= bitsAllocated &&
    highBit >= bitsStored - 1 &&
    highBit < bitsAllocated;
  if (!possible) {
    throw new ImageError(
      `${path}: expected 1, 8, 16 or 32 bits a pixel, its header says ${bitsAllocated} allocated, ${bitsStored} stored, the highest ${highBit}.`,
    );
  }
  if (!(rows > 0 && columns > 0 && frames > 0 && Number.isInteger(frames))) {
    throw new ImageError(
      `${path} declares ${frames} frames of ${rows} × ${columns} pixels; 1 or more are expected.`,
    );
  }
}

function tagName(tag: string): string {
  return `(${tag.slice(1, 5)},${tag.slice(5)})`;
}
