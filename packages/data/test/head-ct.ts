import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readScan, type Scan } from "../src/index.ts";

/** Where Debian's packages put their documents. */
export const debian: string = join(process.env["DIRA_DEBIAN"] ?? "/", "usr", "share", "doc");

const cranium = join(debian, "invesalius-examples", "examples", "Cranium.inv3");

/** Whether the head CT of Debian's invesalius-examples is there; says so where it is not. */
export function hasHeadCt(): boolean {
  if (existsSync(cranium)) return true;
  console.log(`skipped: the head CT is not in ${cranium} (Debian invesalius-examples)`);
  return false;
}

/** The head CT: 108 × 256 × 256 voxels in HU. */
export function headCt(): Promise<Scan> {
  const path = join(mkdtempSync(join(tmpdir(), "dira-head-")), "matrix.dat");
  writeFileSync(path, tarEntry(gunzipSync(readFileSync(cranium)), /matrix\.dat$/));
  const raw = { shape: [108, 256, 256], type: "i2", spacing: [1.5, 0.957, 0.957] } as const;
  return readScan(path, { raw });
}

/** The first file of a tar whose name fits. */
function tarEntry(tar: Buffer, name: RegExp): Buffer {
  for (let at = 0; at + 512 <= tar.length;) {
    const found = tar.toString("latin1", at, at + 100).replace(/\0.*$/, "");
    const size = parseInt(tar.toString("latin1", at + 124, at + 136), 8) || 0;
    if (name.test(found)) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`There is no ${String(name)} in the archive.`);
}
