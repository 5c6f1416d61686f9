import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Scan, writeNifti } from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-volumes-"));

/** A file of this name in a folder of this test file's own. */
export const file = (name: string): string => join(folder, name);

/** Of six voxels, which differ. */
export const small: Scan = {
  data: Int16Array.of(-1024, 0, 40, 3071, 7, -5),
  shape: [1, 2, 3],
  spacing: [3, 2, 1],
};

/** A `.nii` whose header is changed by hand. */
export async function patched(
  name: string,
  scan: Scan,
  change: (bytes: Buffer) => Buffer | undefined,
): Promise<string> {
  await writeNifti(file("patch.nii"), scan);
  const bytes = readFileSync(file("patch.nii"));
  writeFileSync(file(name), change(bytes) ?? bytes);
  return file(name);
}

/** The same type, pixels in shared memory, shape and place. */
export function expectSame(read: Scan, written: Scan): void {
  expect(read.data.constructor).toBe(written.data.constructor);
  expect(read.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(read).toEqual(written);
}
