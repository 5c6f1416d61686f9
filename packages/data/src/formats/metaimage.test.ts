import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectSame, file, small } from "../../test/volumes.ts";
import { readScan } from "../index.ts";

describe("MetaImage, examples", () => {
  it("reads what LUNA16's headers say", async () => {
    const header = [
      "ObjectType = Image",
      "NDims = 3",
      "BinaryData = True",
      "BinaryDataByteOrderMSB = False",
      "CompressedData = False",
      "TransformMatrix = 1 0 0 0 1 0 0 0 1",
      "Offset = -195 -195 -378",
      "CenterOfRotation = 0 0 0",
      "AnatomicalOrientation = RAI",
      "ElementSpacing = 0.7617 0.7617 2.5",
      "DimSize = 3 2 1",
      "ElementType = MET_SHORT",
      "ElementDataFile = luna.raw",
    ];
    writeFileSync(file("luna.mhd"), `${header.join("\r\n")}\r\n`);
    writeFileSync(file("luna.raw"), new Uint8Array(small.data.buffer));
    expectSame(await readScan(file("luna.mhd")), {
      data: small.data,
      shape: [1, 2, 3],
      spacing: [2.5, 0.7617, 0.7617],
      origin: [-195, -195, -378],
      direction: [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ],
    });
  });

  it("reads big-endian pixels behind a header that it passes over", async () => {
    const header =
      "NDims = 2\nDimSize = 2 1\nElementType = MET_SHORT\nElementByteOrderMSB = True\nHeaderSize = -1\nElementDataFile = big.raw\n";
    writeFileSync(file("big.mhd"), header);
    writeFileSync(file("big.raw"), Buffer.from([9, 9, 9, 0x01, 0x02, 0xff, 0xfe]));
    expect((await readScan(file("big.mhd"))).data).toEqual(Int16Array.of(258, -2));
  });

  it("says what it does not read", async () => {
    const start = "NDims = 2\nDimSize = 2 1\n";
    const cases = {
      "ElementType = MET_LONG_DOUBLE\nElementDataFile = a.raw\n": /MET_LONG_DOUBLE/,
      "ElementType = MET_UCHAR\nElementNumberOfChannels = 3\nElementDataFile = a\n": /3 channels/,
      "ElementType = MET_UCHAR\nElementDataFile = LIST\n": /LIST/,
      "ElementType = MET_UCHAR\nElementDataFile = missing.raw\n":
        /odd\.mhd: expected its pixels in .*missing\.raw, which is not there\. Put it/,
      "ElementType = MET_UCHAR\n": /no MetaImage/,
    };
    for (const [rest, message] of Object.entries(cases)) {
      writeFileSync(file("odd.mhd"), start + rest);
      await expect(readScan(file("odd.mhd"))).rejects.toThrow(message);
    }
  });
});
