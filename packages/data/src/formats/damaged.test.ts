import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../bench/damaged-files.mjs", import.meta.url));

describe("damaged files, whole runs", () => {
  // A few hundred a format here; the README has the figures of 10,000.
  it.each(["image", "dicom", "compressed-dicom", "nifti", "metaimage", "numpy"])(
    "%s: each is read or refused by name, in bounded time and memory",
    async (format) => {
      const args = [script, "--count", "200", "--seed", "7", "--format", format];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      expect(stdout).toMatch(/\d+ read, \d+ clear errors, 0 other/);
      expect(stdout).toContain("all read or refused");
    },
  );
});
