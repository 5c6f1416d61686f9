import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keepAs, writeAtomically } from "./index.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "dira-training-"));
const full = "/dev/full";
if (!existsSync(full)) console.log("skipped: a full disk, since this system has no /dev/full");

describe("laws: atomic files", () => {
  it("a write that fails leaves what was there and no litter", () => {
    const inside = folder();
    const path = join(inside, "kept");
    writeAtomically(path, "good");
    const broken = {
      length: 4,
      get 0(): number {
        throw new Error("no space");
      },
    } as unknown as Uint8Array;
    expect(() => writeAtomically(path, broken)).toThrow(/Could not write .*kept/);
    expect(readFileSync(path, "utf8")).toBe("good");
    expect(readdirSync(inside)).toEqual(["kept"]);
  });

  it.skipIf(!existsSync(full))("on a full disk the last good file stays", () => {
    const inside = folder();
    const path = join(inside, "kept");
    writeAtomically(path, "good");
    // Writing to this device fails as on a full disk.
    symlinkSync(full, `${path}.tmp`);
    expect(() => writeAtomically(path, "longer than before")).toThrow(
      /Could not write .*kept: the disk is full; free some space.*intact/,
    );
    expect(readFileSync(path, "utf8")).toBe("good");
    expect(readdirSync(inside)).toEqual(["kept"]);
    writeAtomically(path, "better");
    expect(readFileSync(path, "utf8")).toBe("better");
  });

  it("a file kept under a second name stays when the first is replaced, and replaces an older one", () => {
    const inside = folder();
    const [last, best] = [join(inside, "last"), join(inside, "best")];
    for (const content of ["one", "two"]) {
      writeAtomically(last, content);
      keepAs(last, best);
    }
    writeAtomically(last, "three");
    expect(readFileSync(best, "utf8")).toBe("two");
    expect(() => keepAs(join(inside, "none"), best)).toThrow(/Could not write .*best/);
    expect(readFileSync(best, "utf8")).toBe("two");
    expect(readdirSync(inside).sort()).toEqual(["best", "last"]);
  });
});
