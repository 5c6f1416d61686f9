import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAll, writeAll } from "./large-files.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-large-files-"));

describe("large files, laws", () => {
  it("what is written or read piece by piece is the whole, for any piece", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        (data, piece) => {
          const path = join(folder, "file");
          const file = openSync(path, "w");
          writeAll(file, data, piece);
          closeSync(file);
          expect(new Uint8Array(readFileSync(path))).toEqual(data);
          expect(readAll(path, piece)).toEqual(data);
        },
      ),
    );
  });

  it("says which file is not there", () => {
    expect(() => readAll(join(folder, "none"))).toThrow(/ENOENT.*none/);
    writeFileSync(join(folder, "empty"), "");
    expect(readAll(join(folder, "empty"))).toEqual(new Uint8Array());
  });
});
