import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder, write, writeDicom } from "../../test/write-scans.ts";
import { type ImageSet, lidcIdri, openDataSet } from "../index.ts";
import { fillContour, parseLidcXml } from "./lidc-xml.ts";

const SIZE = 16;
type Point = readonly [number, number];

/** The outline of a square, pixel by pixel; the square inside has two pixels less a side. */
function outline(left: number, top: number, side: number): Point[] {
  const last = side - 1;
  const along = Array.from({ length: last }, (_, i) => i);
  return [
    ...along.map((i): Point => [left + i, top]),
    ...along.map((i): Point => [left + last, top + i]),
    ...along.map((i): Point => [left + last - i, top + last]),
    ...along.map((i): Point => [left, top + last - i]),
  ];
}

interface Roi {
  readonly slice: number;
  readonly points: readonly Point[];
  readonly inclusion?: boolean;
  readonly sop?: string;
  /** @defaultValue the slice's */
  readonly z?: number;
}

const roiXml = ({
  slice,
  points,
  inclusion = true,
  sop = `1.5.${slice}`,
  z = -100 + 2 * slice,
}: Roi): string =>
  `<roi><imageZposition>${z}.0</imageZposition><imageSOP_UID>${sop}</imageSOP_UID>` +
  `<inclusion>${inclusion ? "TRUE" : "FALSE"}</inclusion>` +
  points.map(([x, y]) => `<edgeMap><xCoord>${x}</xCoord><yCoord>${y}</yCoord></edgeMap>`).join("") +
  "</roi>";

function readingXml(sessions: readonly (readonly (readonly Roi[])[])[]): string {
  const nodule = (rois: readonly Roi[], i: number): string =>
    `<unblindedReadNodule><noduleID>Nodule 00${i}</noduleID>${rois.map(roiXml).join("")}</unblindedReadNodule>`;
  const session = (nodules: readonly (readonly Roi[])[]): string =>
    `<readingSession><annotationVersion>3.12</annotationVersion>${nodules.map(nodule).join("")}</readingSession>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<LidcReadMessage uid="1.3.6" xmlns="http://www.nih.gov"><ResponseHeader><SeriesInstanceUid>1.4</SeriesInstanceUid></ResponseHeader>${sessions.map(session).join("")}</LidcReadMessage>`;
}

/** Readers 0–2 outline squares of 8, 6 and 6; a hole; a small nodule; reader 3 something else. */
const SESSIONS = [
  [
    [
      { slice: 1, points: outline(2, 2, 8) },
      { slice: 1, points: outline(4, 4, 4), inclusion: false },
      { slice: 2, points: outline(2, 2, 8), sop: "unknown" },
    ],
    [{ slice: 3, points: [[12, 12]] as const }],
  ],
  [[{ slice: 1, points: outline(3, 3, 6) }]],
  [[{ slice: 2, points: outline(3, 3, 6) }]],
  // Its z is wrong; its SOP instance counts.
  [[{ slice: 4, points: outline(9, 9, 5), z: 92 }]],
];

function lidcFolder(patients = 1): string {
  const folder = tempFolder();
  for (let p = 1; p <= patients; p += 1) {
    const patient = `LIDC-IDRI-000${p}`;
    const series = join(folder, "LIDC-IDRI", patient, "1.1", "1.4");
    for (let k = 0; k < 6; k += 1) {
      // Named against their order in space.
      const path = join(series, `00000${5 - k}.dcm`);
      const data = new Int16Array(SIZE * SIZE).fill(100 * k);
      writeDicom(path, data, {
        rows: SIZE,
        columns: SIZE,
        modality: "CT",
        sopInstanceUid: `1.5.${k}`,
        seriesInstanceUid: "1.4",
        patientId: patient,
        position: [-5, -6, -100 + 2 * k],
        pixelSpacing: [0.7, 0.7],
        intercept: -1024,
      });
    }
    write(join(series, "069.xml"), readingXml(SESSIONS));
    write(join(folder, "LIDC-IDRI", patient, "2.1", "2.4", "068.xml"), "<IdriReadMessage/>");
  }
  return folder;
}

/** Where a mask is set on a slice: `[row, column]`. */
function onSlice(data: Uint8Array | undefined, slice: number): string[] {
  return Array.from({ length: SIZE * SIZE }, (_, i) => i)
    .filter((i) => data?.[slice * SIZE * SIZE + i] === 1)
    .map((i) => `${Math.floor(i / SIZE)},${i % SIZE}`);
}

const square = (
  from: number,
  to: number,
  but: (y: number, x: number) => boolean = () => false,
): string[] =>
  Array.from({ length: SIZE * SIZE }, (_, i) => [Math.floor(i / SIZE), i % SIZE] as const)
    .filter(([y, x]) => Math.min(y, x) >= from && Math.max(y, x) <= to && !but(y, x))
    .map(([y, x]) => `${y},${x}`);

describe("fillContour, parity", () => {
  it("fills what lies inside an outline, without the outline", () => {
    const mask = new Uint8Array(SIZE * SIZE);
    fillContour(mask, [SIZE, SIZE], outline(2, 2, 8), 1);
    expect(onSlice(mask, 0)).toEqual(square(3, 8));
    // A triangle with its corners alone: as many pixels as Pick's theorem says are inside.
    mask.fill(0);
    fillContour(
      mask,
      [SIZE, SIZE],
      [
        [0, 0],
        [10, 0],
        [0, 10],
      ],
      1,
    );
    expect(mask.reduce((a, b) => a + b, 0)).toBe(50 - 30 / 2 + 1);
  });
});

describe("lidcIdri, examples", () => {
  it("masks by consensus: holes cut, slices by SOP instance or z, small nodules left out", async () => {
    const folder = lidcFolder();
    const masks = await Promise.all(
      ([1, 2, 3] as const).map(async (consensus) => {
        const set = openDataSet(folder, { kind: "lidc-idri", items: "volumes", consensus });
        return (await set.mask?.(0))?.data;
      }),
    );
    const hole = (y: number, x: number): boolean => Math.min(y, x) >= 5 && Math.max(y, x) <= 6;
    expect(onSlice(masks[0], 1)).toEqual(square(3, 8));
    expect(onSlice(masks[1], 1)).toEqual(square(4, 7, hole));
    expect(onSlice(masks[0], 2)).toEqual(square(3, 8));
    expect(onSlice(masks[1], 2)).toEqual(square(4, 7));
    expect(onSlice(masks[0], 3)).toEqual([]);
    expect(onSlice(masks[0], 4)).toEqual(square(10, 12));
    expect(onSlice(masks[1], 4)).toEqual([]);
    expect(masks[2]?.includes(1)).toBe(false);
    const set = openDataSet(folder);
    expect(set.layout).toBe("lidc-idri");
    const scan = await lidcIdri(folder, { items: "volumes" }).read(0);
    expect([scan.shape, scan.spacing]).toEqual([
      [6, SIZE, SIZE],
      [2, 0.7, 0.7],
    ]);
    expect([0, 1, 5].map((k) => scan.data[k * SIZE * SIZE])).toEqual([-1024, -924, -524]);
  });

  it("cubes about what enough readers call one nodule", async () => {
    const folder = lidcFolder();
    const set = lidcIdri(folder, { cube: { shape: [2, 8, 8] } });
    expect([set.length, set.patient?.(0)]).toEqual([1, "LIDC-IDRI-0001"]);
    const [scan, mask] = [await set.read(0), await set.mask?.(0)];
    expect(scan.data[0]).toBe(-924);
    expect(mask?.shape).toEqual([2, 8, 8]);
    expect(mask?.data.reduce((a, b) => a + b, 0)).toBe(16 - 4 + 16);
    expect(lidcIdri(folder, { consensus: 1 }).length).toBe(2);
  });

  it("splits by patient, and says what is missing", async () => {
    const folder = lidcFolder(9);
    const shares = { train: 0.4, val: 0.3, test: 0.3 };
    const sets = (["train", "val", "test"] as const).map((split) =>
      lidcIdri(folder, { split, shares }),
    );
    const patients = sets.flatMap((set: ImageSet) =>
      Array.from({ length: set.length }, (_, i) => set.patient?.(i) ?? ""),
    );
    expect(patients.sort()).toEqual(Array.from({ length: 9 }, (_, i) => `LIDC-IDRI-000${i + 1}`));
    const series = join(folder, "LIDC-IDRI", "LIDC-IDRI-0001", "1.1", "1.4");
    for (const name of readdirSync(series).filter((file) => /00000[0-3].dcm/.test(file))) {
      rmSync(join(series, name));
    }
    const volumes = lidcIdri(folder, { items: "volumes" });
    await expect(volumes.mask?.(0)).rejects.toThrow(
      /069.xml: an outline at z = -9[26] mm .* no slice/,
    );
    expect(() => lidcIdri(tempFolder())).toThrow(/has no readings: an XML with LidcReadMessage/);
    expect(() => parseLidcXml("<LidcReadMessage><a></LidcReadMessage>", "x.xml")).not.toThrow(
      /undefined/,
    );
    expect(() => parseLidcXml("<other/>", "x.xml")).toThrow(/expected the root element LidcReadM/);
  });
});
