import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Scan } from "../image.ts";
import { makeFolder } from "../make-folder.ts";

/** What {@link writeDicomSeries} is told besides the volume. */
export interface DicomWriteOptions {
  /** @defaultValue "1.2.826.0.1.3680043.2.1125.1" */
  readonly series?: string;
  /** @defaultValue "P1" */
  readonly patient?: string;
  /** @defaultValue "CT" */
  readonly modality?: string;
  /** Added to stored values by whoever reads them. @defaultValue 0 */
  readonly intercept?: number;
  /** More elements, as `[tag, VR, value]`; they take the place of those that are written anyway. */
  readonly elements?: readonly DicomElement[];
}

/** `[tag of 8 hex digits, VR, value]`. */
export type DicomElement = readonly [string, string, string | number | Buffer];

const ROOT = "1.2.826.0.1.3680043.2.1125";
const LONG = new Set(["OB", "OW", "SQ", "UN", "UT"]);

/**
 * Writes a volume of whole numbers as a series of uncompressed little-endian CT files, `0000.dcm` and so
 * on, in a folder: for tests and for tools that read nothing else.
 */
export async function writeDicomSeries(
  folder: string,
  scan: Scan,
  options: DicomWriteOptions = {},
): Promise<string[]> {
  makeFolder(folder);
  const [depth = 1, rows = 1, columns = 1] = scan.shape;
  const size = rows * columns;
  const paths: string[] = [];
  for (let z = 0; z < depth; z += 1) {
    const path = join(folder, `${String(z).padStart(4, "0")}.dcm`);
    const data = scan.data.subarray(z * size, (z + 1) * size);
    await writeFile(path, dicomSlice({ ...scan, data }, z, options));
    paths.push(path);
  }
  return paths;
}

function dicomSlice(scan: Scan, z: number, options: DicomWriteOptions): Buffer {
  const { series = `${ROOT}.1`, patient = "P1", modality = "CT", intercept = 0 } = options;
  const [, rows = 1, columns = 1] = scan.shape;
  const [thickness = 1, down = 1, across = 1] = scan.spacing ?? [];
  const [deep = [0, 0, 1], column = [0, 1, 0], row = [1, 0, 0]] = scan.direction ?? [];
  const position = (scan.origin ?? [0, 0, 0]).map((v, i) => v + z * thickness * (deep[i] ?? 0));
  const { data } = scan;
  const bits = data.BYTES_PER_ELEMENT * 8;
  const elements: DicomElement[] = [
    ["00080016", "UI", "1.2.840.10008.5.1.4.1.1.2"],
    ["00080018", "UI", `${series}.${z + 1}`],
    ["00080060", "CS", modality],
    ["00100020", "LO", patient],
    ["00180050", "DS", decimal(thickness)],
    ["0020000D", "UI", `${ROOT}.9`],
    ["0020000E", "UI", series],
    ["00200013", "IS", String(z + 1)],
    ["00200032", "DS", position.map(decimal).join("\\")],
    ["00200037", "DS", [...row, ...column].map(decimal).join("\\")],
    ["00280002", "US", 1],
    ["00280004", "CS", "MONOCHROME2"],
    ["00280010", "US", rows],
    ["00280011", "US", columns],
    ["00280030", "DS", `${decimal(down)}\\${decimal(across)}`],
    ["00280100", "US", bits],
    ["00280101", "US", bits],
    ["00280102", "US", bits - 1],
    ["00280103", "US", data instanceof Int16Array ? 1 : 0],
    ["00281052", "DS", decimal(intercept)],
    ["00281053", "DS", "1"],
    ["7FE00010", "OW", Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))],
  ];
  const given = options.elements ?? [];
  const kept = elements.filter(([tag]) => !given.some(([other]) => other === tag));
  return dicomBytes([...kept, ...given]);
}

/** A number in at most the 16 characters that DS has. */
function decimal(value: number): string {
  for (let digits = 15; ; digits -= 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
}

/**
 * A file of these elements, sorted, explicit little-endian unless told otherwise.
 *
 * @param transferSyntax - only said, not done: pixels have to be in it.
 */
export function dicomBytes(
  elements: readonly DicomElement[],
  transferSyntax = "1.2.840.10008.1.2.1",
): Buffer {
  const syntax = elementBytes(["00020010", "UI", transferSyntax]);
  const length = elementBytes(["00020000", "UL", syntax.length]);
  const sorted = [...elements].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    length,
    syntax,
    ...sorted.map(elementBytes),
  ]);
}

function elementBytes([tag, vr, value]: DicomElement): Buffer {
  const body = valueBytes(vr, value);
  const long = LONG.has(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(parseInt(tag.slice(0, 4), 16), 0);
  head.writeUInt16LE(parseInt(tag.slice(4), 16), 2);
  head.write(vr, 4, "latin1");
  if (long) head.writeUInt32LE(body.length, 8);
  else head.writeUInt16LE(body.length, 6);
  return Buffer.concat([head, body]);
}

function valueBytes(vr: string, value: string | number | Buffer): Buffer {
  if (typeof value === "number") {
    const bytes = Buffer.alloc(vr === "UL" ? 4 : 2);
    if (vr === "UL") bytes.writeUInt32LE(value);
    else bytes.writeUInt16LE(value);
    return bytes;
  }
  const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : value;
  const padding = Buffer.from(vr === "UI" || typeof value !== "string" ? "\0" : " ");
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, padding]);
}
