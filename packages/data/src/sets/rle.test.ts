import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sharedData, sharedText } from "../../test/shared-data.ts";
import { decodeRle, encodeRle } from "../index.ts";
import { tableOf } from "./csv.ts";

describe("run lengths, examples", () => {
  it("run down the columns, each from the end of the one before", () => {
    // Columns of [3, 2]: 0 1 2 | 3 4 5; runs 1–2 and 4.
    expect([...decodeRle("1 2 1 1", [3, 2])]).toEqual([0, 0, 1, 1, 1, 0]);
    expect(encodeRle([0, 0, 1, 1, 1, 0], [3, 2])).toBe("1 2 1 1");
  });

  it("a run may end with the image; several rows make one mask; -1 is empty", () => {
    const mask = decodeRle("4 2", [3, 2]);
    expect([...decodeRle(" 0 1 ", [3, 2], mask)]).toEqual([1, 0, 0, 1, 0, 1]);
    expect(encodeRle(mask, [3, 2])).toBe("0 1 3 2");
    expect(decodeRle("-1", [3, 2]).includes(1)).toBe(false);
    expect(encodeRle(new Uint8Array(6), [3, 2])).toBe("-1");
  });

  it("says what is wrong", () => {
    expect(() => decodeRle("1 2 3", [3, 2])).toThrow(/pairs of whole numbers .* \(3 numbers\)/);
    expect(() => decodeRle("1 9", [3, 2])).toThrow(/run 0 ends at 10, behind the 3 × 2/);
    expect(() => decodeRle("a b", [3, 2])).toThrow(/pairs of whole numbers/);
  });
});

describe("run lengths, laws", () => {
  it("what is written is read back, whatever the value", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 2 })),
        (height, width, stream) => {
          const mask = Uint8Array.from([...stream.take(height * width)]);
          for (const value of [undefined, 1, 2]) {
            const expected = mask.map((v) => Number(value === undefined ? v > 0 : v === value));
            const text = encodeRle(mask, [height, width], value);
            expect(decodeRle(text, [height, width])).toEqual(expected);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

const table = sharedData("labels/siim-pneumothorax-train-rle.csv.gz");

describe.skipIf(table === undefined)("run lengths of the release, parity", () => {
  it("all 12,954 rows come back as they were", () => {
    const { rows } = tableOf("train-rle.csv", sharedText(table ?? ""));
    expect(rows.length).toBe(12_954);
    const runs = rows.map((row) => (row["EncodedPixels"] ?? "").trim());
    const mask = new Uint8Array(1024 * 1024);
    let masks = 0;
    for (const text of runs) {
      if (text === "-1") continue;
      masks += 1;
      decodeRle(text, [1024, 1024], mask);
      expect(encodeRle(mask, [1024, 1024])).toBe(text);
      mask.fill(0);
    }
    expect(masks).toBe(3576);
  });
});
