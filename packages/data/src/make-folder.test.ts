import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "dira-folder-"));

describe("makeFolder, examples", () => {
  it("makes what lacks, and takes what is there", () => {
    const folder = join(root, "a", "b", "c");
    expect([makeFolder(folder), makeFolder(folder)]).toEqual([folder, folder]);
    expect(existsSync(folder)).toBe(true);
  });

  it("names the file that is in the way", () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    for (const path of [file, join(file, "x", "y")]) {
      expect(() => makeFolder(path)).toThrow(`The folder ${path} can't be made: ${file} is a file`);
    }
  });

  it.skipIf(!existsSync("/proc/self"))("comes back where no folder can be made", () => {
    expect(() => makeFolder("/proc/x/y")).toThrow(
      /^The folder \/proc\/x\/y can't be made: \/proc\/x could not be \(ENOENT.*Name one in a folder/,
    );
  });
});
