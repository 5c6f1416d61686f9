import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { debian, hasHeadCt, headCt } from "../../test/head-ct.ts";
import { readScan, writeMetaImage } from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-real-"));

const itk = join(debian, "insighttoolkit5-examples", "examples", "Data");
if (!existsSync(itk)) {
  console.log(`skipped: ITK's samples are not in ${itk} (Debian insighttoolkit5-examples)`);
}

describe.skipIf(!existsSync(itk))("ITK's samples, whole runs", () => {
  it("reads a labelled MRI: image and labels lie at the same place", async () => {
    const image = await readScan(join(itk, "KmeansTest_T1UCharRaw.nii.gz"));
    const labels = await readScan(join(itk, "KmeansTest_T1KmeansPrelimSegmentation.nii.gz"));
    expect(image.shape).toEqual([62, 128, 128]);
    expect(new Set(labels.data)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect({ ...labels, data: 0 }).toEqual({ ...image, data: 0 });
    expect(image.spacing).toEqual([3, 2, 2]);
  });

  it("reads MetaImages, the same raw and compressed", async () => {
    const lung = await readScan(join(itk, "RatLungSlice1.mha"));
    expect(lung.shape).toEqual([128, 128]);
    const slices = await readScan(join(itk, "BrainProtonDensity3Slices.mha"));
    expect(slices.shape).toEqual([3, 217, 181]);
  });
});

describe.skipIf(!hasHeadCt())("a head CT, whole runs", () => {
  it("goes through LUNA16's format unchanged", async () => {
    const scan = await headCt();
    const [low, high] = [Math.min, Math.max].map((most) =>
      Array.from(scan.data).reduce((a, v) => most(a, v)),
    );
    const range = [low, high];
    expect(range).toEqual([-1024, 2986]);
    for (const compressed of [false, true]) {
      await writeMetaImage(join(folder, "head.mhd"), scan, compressed);
      const read = await readScan(join(folder, "head.mhd"));
      expect({ ...read, data: 0 }).toEqual({ ...scan, data: 0 });
      expect(Buffer.from(read.data.buffer).equals(Buffer.from(scan.data.buffer))).toBe(true);
    }
  });
});

const shared =
  process.env["DIRA_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const realData = join(shared, "data");
const absent = !existsSync(join(realData, "dicom"));
if (absent) console.log(`skipped: real scans are not in ${realData}; set DIRA_SHARED`);

describe.skipIf(absent)("real scans, whole runs", () => {
  it("reads a radiograph of SIIM-ACR and its header's name, and a chest CT", async () => {
    const uid = "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819";
    const film = await readScan(join(realData, "dicom", `${uid}.dcm`));
    expect(film.shape).toEqual([1024, 1024]);
    expect(film.spacing).toEqual([0.168, 0.168]);
    expect(film.data).toBeInstanceOf(Uint8Array);
    const ct = await readScan(join(realData, "ct", "lidc2-u8.nii.gz"));
    expect(ct.shape).toEqual([133, 256, 256]);
    expect(ct.spacing?.[0]).toBeCloseTo(2.5, 5);
  });
});
