import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BINDING_FILE, cacheState, writeManifest } from "./manifest.ts";

const FILES = [BINDING_FILE, "site/libtensorflow_cc.so.2", "site/libtensorflow_framework.so.2"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dira-manifest-"));
  mkdirSync(join(folder, "site"));
  for (const file of FILES) writeFileSync(join(folder, file), "0123456789");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("cacheState, examples", () => {
  it("is absent where the path leads through a file", () => {
    expect(cacheState(join(folder, BINDING_FILE, "engine"))).toBe("absent");
  });
});

describe("cacheState, laws", () => {
  it("is absent without a manifest, sound with one", () => {
    expect(cacheState(folder)).toBe("absent");
    writeManifest(folder, FILES, { tensorflow: "2.21.0", kind: "cpu" });
    expect(cacheState(folder)).toBe("sound");
  });

  it("is damaged when any file has any other size, or is missing", () => {
    writeManifest(folder, FILES, { tensorflow: "2.21.0", kind: "cpu" });
    const size = fc.option(fc.nat(30).filter((bytes) => bytes !== 10));
    fc.assert(
      fc.property(fc.constantFrom(...FILES), size, (file, bytes) => {
        const path = join(folder, file);
        if (bytes === null) rmSync(path);
        else writeFileSync(path, "x".repeat(bytes));
        expect(cacheState(folder)).toBe("damaged");
        writeFileSync(path, "0123456789");
        expect(cacheState(folder)).toBe("sound");
      }),
    );
  });

  it("is never sound with a manifest of anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        writeFileSync(join(folder, "complete.json"), text);
        expect(cacheState(folder)).toBe("damaged");
      }),
    );
  });
});
