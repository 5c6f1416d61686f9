import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ImageError, type Scan } from "../image.ts";
import { type DicomOptions, readDicom, readSlice, storedWidth } from "./dicom.ts";
import { looksLikeDicom } from "./dicom-file.ts";
import { type DicomHeader, readDicomHeader } from "./dicom-header.ts";
import { checkSize, imageError, type ReadLimits } from "./limits.ts";
import { geometryOfSlices, irregularity, type SlicePlace, sortSlices } from "./slice-order.ts";
import { stackSlices } from "./stack.ts";

/** Options of {@link readDicomSeries}. */
export interface DicomSeriesOptions extends DicomOptions {
  /** Series Instance UID. @defaultValue the only one of the folder */
  readonly series?: string;
}

const DICOM_DIRECTORY = "1.2.840.10008.1.3.10";

/**
 * The series in a folder, not below it, by Series Instance UID. Files that are no DICOM and DICOMDIR are
 * passed over.
 *
 * @throws ImageError when the folder can't be read, or a DICOM file in it is damaged.
 */
export async function listDicomSeries(
  folder: string,
  limits: ReadLimits = {},
): Promise<ReadonlyMap<string, readonly DicomHeader[]>> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw imageError(folder, "could not be opened", error);
  });
  const series = new Map<string, DicomHeader[]>();
  for (const name of entries.flatMap((e) => (e.isFile() ? [e.name] : [])).sort()) {
    const path = join(folder, name);
    if (name === "DICOMDIR" || !(await isDicomFile(path))) continue;
    const header = await readDicomHeader(path, limits);
    if (header.sopClassUid === DICOM_DIRECTORY) continue;
    const found = series.get(header.seriesInstanceUid);
    if (found === undefined) series.set(header.seriesInstanceUid, [header]);
    else found.push(header);
  }
  return series;
}

/**
 * Reads a series, one slice a file, as a volume `[slices, rows, columns]`: sorted by position along the
 * normal (row × column), its spacing from the positions. Distances may differ by a quarter, since
 * positions are rounded. Pixels are as {@link readDicom} gives them.
 *
 * @throws ImageError also when the folder has several series (they are listed), when slices lack their
 *   place, differ in size, spacing or orientation, lie at the same place, or leave a gap.
 */
export async function readDicomSeries(
  folder: string,
  options: DicomSeriesOptions = {},
): Promise<Scan> {
  const headers = pickSeries(folder, await listDicomSeries(folder, options), options.series);
  const [first] = headers as [DicomHeader, ...DicomHeader[]];
  if (headers.length === 1 && first.frames > 1) return readDicom(first.path, options);
  const places = headers.map((header) => placeOf(folder, header, first));
  const sorted = sortSlices(places);
  const wrong = irregularity(places, sorted);
  if (wrong !== undefined) {
    throw new ImageError(
      `${folder} is no regular volume: ${wrong}. Add what is missing, take out what is there twice or of another scan, or leave the series out.`,
    );
  }
  const shape = [headers.length, first.rows, first.columns];
  checkSize(folder, shape, storedWidth(first), options);
  const data = await stackSlices(folder, headers.length, (i) =>
    readSlice((headers[sorted.order[i] as number] as DicomHeader).path, options),
  );
  return { data, shape, ...geometryOfSlices(places, sorted) };
}

function pickSeries(
  folder: string,
  series: ReadonlyMap<string, readonly DicomHeader[]>,
  uid: string | undefined,
): readonly DicomHeader[] {
  const found = uid === undefined ? [...series.values()] : [series.get(uid) ?? []];
  const [headers] = found;
  if (headers !== undefined && headers.length > 0 && found.length === 1) return headers;
  const list = [...series].map(([id, { length }]) => `${id} (${length} files)`).join(", ");
  throw new ImageError(
    `${folder}: expected ${uid === undefined ? "one DICOM series" : `DICOM series ${uid}`}, found ${list || "none"}. Pick one with { series }.`,
  );
}

function placeOf(folder: string, header: DicomHeader, first: DicomHeader): SlicePlace {
  const { path, rows, columns, frames, position, orientation, pixelSpacing } = header;
  if (rows !== first.rows || columns !== first.columns || frames !== 1) {
    throw new ImageError(
      `${folder} is no volume: ${path} has ${frames > 1 ? `${frames} frames of ` : ""}${rows} × ${columns} pixels, ${first.path} has ${first.rows} × ${first.columns}.`,
    );
  }
  if (position === undefined || orientation === undefined || pixelSpacing === undefined) {
    throw new ImageError(
      `${folder} is no volume: ${path} lacks its position, orientation or pixel spacing.`,
    );
  }
  const { sliceThickness: thickness } = header;
  const known = thickness !== undefined && thickness > 0;
  return { name: path, position, orientation, pixelSpacing, ...(known && { thickness }) };
}

async function isDicomFile(path: string): Promise<boolean> {
  if (/\.(dcm|dicom|ima)$/i.test(path)) return true;
  const start = Buffer.alloc(132);
  const file = await open(path).catch((error: unknown) => {
    throw imageError(path, "could not be opened", error);
  });
  try {
    await file.read(start, 0, start.length, 0);
  } finally {
    await file.close();
  }
  return looksLikeDicom(start);
}
