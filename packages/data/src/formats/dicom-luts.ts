import type { DataSet, Element } from "dicom-parser";
import { ImageError } from "../image.ts";
import type { DicomFile } from "./dicom-file.ts";
import type { DicomHeader } from "./dicom-header.ts";

/** A table of values: those below the first index take the first, those beyond the last take the last. */
export interface LookUpTable {
  /** The index of the first entry. */
  readonly first: number;
  /** Bits of an entry: the largest is `2^bits − 1`. */
  readonly bits: number;
  readonly entries: Uint16Array;
}

/** The tables of a file. */
export interface DicomLuts {
  /** Modality LUT: stored values to those of the modality, instead of slope and intercept. */
  readonly modality?: LookUpTable;
  /** VOI LUT: values of the modality to shares of white, instead of a window. */
  readonly voi?: LookUpTable;
  /** Red, green and blue of stored values. */
  readonly palette?: readonly [red: LookUpTable, green: LookUpTable, blue: LookUpTable];
}

/**
 * Reads a file's look-up tables: Modality LUT (0028,3000), the first VOI LUT (0028,3010), and the palette
 * (0028,1101) … (0028,1203) where the image is in palette colours.
 *
 * @throws ImageError where one is damaged, or the palette is segmented or lacks a colour.
 * @see DICOM PS3.3, C.11.1, C.11.2 and C.7.6.3.1.5
 */
export function lutsOf({ path, data }: DicomFile, header: DicomHeader): DicomLuts {
  const { signed, slope, intercept } = header;
  const modality = sequenceTable(path, data, "x00283000", signed);
  // What is no longer stored may be below 0 whatever was stored.
  const below = modality === undefined && (signed || intercept < 0 || slope < 0);
  const voi = sequenceTable(path, data, "x00283010", below);
  const palette = header.photometric === "PALETTE COLOR" ? paletteOf(path, data) : undefined;
  return { ...(modality && { modality }), ...(voi && { voi }), ...(palette && { palette }) };
}

/** The entry of a value. */
export function lookUp({ first, entries }: LookUpTable, value: number): number {
  const at = Math.round(value) - first;
  return entries[Math.max(0, Math.min(entries.length - 1, at))] as number;
}

function sequenceTable(
  path: string,
  data: DataSet,
  tag: string,
  signed: boolean,
): LookUpTable | undefined {
  const item = data.elements[tag]?.items?.[0]?.dataSet;
  return item && tableOf(path, item, { descriptor: "x00283002", values: "x00283006" }, signed);
}

const COLOURS = ["1", "2", "3"] as const;

function paletteOf(path: string, data: DataSet): DicomLuts["palette"] {
  const [red, green, blue] = COLOURS.map((colour) => {
    if (data.elements[`x0028122${colour}`] !== undefined) {
      throw new ImageError(
        `${path} has a segmented palette (0028,122${colour}), which is not read.`,
      );
    }
    const tags = { descriptor: `x0028110${colour}`, values: `x0028120${colour}` };
    return tableOf(path, data, tags, false);
  });
  return [red as LookUpTable, green as LookUpTable, blue as LookUpTable];
}

function tableOf(
  path: string,
  data: DataSet,
  tags: { readonly descriptor: string; readonly values: string },
  signed: boolean,
): LookUpTable {
  const [descriptor, values] = [data.elements[tags.descriptor], data.elements[tags.values]];
  const [count, start, bits] = [0, 1, 2].map((i) => data.uint16(tags.descriptor, i));
  if (descriptor === undefined || (descriptor.length ?? 0) < 6 || values === undefined) {
    throw damaged(path, tags, "it lacks its descriptor or its values");
  }
  // 0 stands for 65,536, which 16 bits do not hold.
  const length = count === 0 ? 65_536 : (count as number);
  if (!((bits as number) >= 8 && (bits as number) <= 16)) {
    throw damaged(path, tags, `expected 8 to 16 bits an entry, got ${bits}`);
  }
  const isSigned = descriptor.vr === undefined ? signed : descriptor.vr === "SS";
  const first = isSigned ? ((start as number) << 16) >> 16 : (start as number);
  return { first, bits: bits as number, entries: entriesOf(path, data, tags, values, length) };
}

/** Two bytes an entry; or one, where no more are there. */
function entriesOf(
  path: string,
  data: DataSet,
  tags: { readonly values: string; readonly descriptor: string },
  values: Element,
  length: number,
): Uint16Array {
  if (values.dataOffset + values.length > data.byteArray.length || values.length < length) {
    throw damaged(path, tags, `expected ${length} entries, it has ${values.length} bytes`);
  }
  const wide = values.length >= 2 * length;
  return Uint16Array.from({ length }, (_, i) =>
    wide
      ? (data.uint16(tags.values, i) as number)
      : (data.byteArray[values.dataOffset + i] as number),
  );
}

function damaged(path: string, tags: { readonly descriptor: string }, why: string): ImageError {
  const tag = `(${tags.descriptor.slice(1, 5)},${tags.descriptor.slice(5)})`;
  return new ImageError(`${path}: its look-up table ${tag} is damaged: ${why}.`);
}
