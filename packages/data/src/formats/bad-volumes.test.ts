import { copyFileSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  cacheImages,
  type ImageCache,
  makeFolder,
  prepareVolume,
  readScan,
  reorient,
  type Scan,
  scanFolder,
  writeDicomSeries,
  writeMetaImage,
  writeNifti,
  writeNpy,
} from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-bad-"));
const at = (name: string): string => join(folder, name);

/** Every voxel differs; axes have lengths of their own. */
const ct: Scan = {
  data: Int16Array.from({ length: 8 * 10 * 12 }, (_, i) => 2 * i - 960),
  shape: [8, 10, 12],
  spacing: [3, 1, 2],
  origin: [-20, -30, 40],
};
const WINDOW = { window: [-1000, 1000] } as const;
const axial = prepareVolume(ct, WINDOW, "x");
const fourAxes = (volumes: number): Scan => ({
  data: Int16Array.from(
    { length: volumes * 960 },
    (_, i) => (ct.data[i % 960] as number) + (i < 960 ? 0 : 1),
  ),
  shape: [volumes, 8, 10, 12],
  spacing: [1, 3, 1, 2],
});
const withNaN = (share: number): Scan => ({
  ...ct,
  data: Float32Array.from(ct.data, (v, i) => (i < share * 960 ? NaN : v)),
});

describe("a folder of volumes, good and bad, whole runs", () => {
  let cache: ImageCache;
  const told = (name: string): string =>
    cache.warnings.find((warning) => warning.includes(name)) ?? `nothing of ${name}`;
  const good = async (name: string): Promise<Scan> => {
    const index = cache.usable.find((i) => cache.set.id(i) === name);
    expect(index, told(name)).toBeDefined();
    return cache.get(index as number);
  };

  beforeAll(async () => {
    await writeNifti(at("axial.nii"), ct);
    await writeNifti(at("sagittal.nii.gz"), reorient(ct, "PIL"));
    await writeNifti(at("coronal.nii.gz"), reorient(ct, "RSA"));
    await writeDicomSeries(at("dicom-sagittal"), reorient(ct, "PIR"), { modality: "CT" });
    await writeDicomSeries(at("dicom-coronal"), reorient(ct, "LIP"), { modality: "CT" });
    await writeNifti(at("one-of-4d.nii"), fourAxes(1));
    await writeNifti(at("nan-few.nii"), withNaN(0.3));
    await writeNifti(at("nan-many.nii"), withNaN(0.6));
    await writeNifti(at("small.nii"), { ...ct, data: ct.data.slice(0, 480), shape: [4, 10, 12] });
    await writeNifti(at("four.nii"), fourAxes(2));
    await writeNpy(at("four.npy"), fourAxes(2));
    await writeMetaImage(at("no-raw.mhd"), ct);
    rmSync(at("no-raw.raw"));
    await writeMetaImage(at("short-raw.mhd"), ct);
    truncateSync(at("short-raw.raw"), 1000);
    const gap = await writeDicomSeries(at("dicom-gap"), ct);
    rmSync(gap[3] as string);
    const twice = await writeDicomSeries(at("dicom-twice"), ct);
    copyFileSync(twice[3] as string, join(at("dicom-twice"), "copy.dcm"));
    const thick = { ...ct, spacing: [6, 1, 2], origin: [-20, -30, 67] };
    await writeDicomSeries(at("dicom-mixed"), ct);
    const later = await writeDicomSeries(makeFolder(at("other")), thick);
    for (const [i, path] of later.slice(0, 4).entries()) {
      copyFileSync(path, join(at("dicom-mixed"), `later-${i}.dcm`));
    }
    rmSync(at("other"), { recursive: true });
    const pixels = await writeDicomSeries(at("dicom-pixels"), ct);
    const [odd] = await writeDicomSeries(at("other"), { ...ct, spacing: [3, 1.5, 2] });
    copyFileSync(odd as string, pixels[0] as string);
    rmSync(at("other"), { recursive: true });
    cache = await cacheImages(scanFolder(folder, { spatialRank: 3 }), {
      volumes: { ...WINDOW, atLeast: [8, 10, 12] },
      maxUnreadable: 0.9,
    });
  });

  it.each(["axial.nii", "sagittal.nii.gz", "coronal.nii.gz", "dicom-sagittal", "dicom-coronal"])(
    "%s comes out axial, each voxel at its place",
    async (name) => {
      const { data, shape, spacing, origin, direction } = await good(name);
      expect(shape).toEqual([8, 10, 12]);
      expect(data).toEqual(axial.data);
      spacing?.forEach((mm, axis) => expect(mm).toBeCloseTo(axial.spacing?.[axis] as number, 5));
      origin?.forEach((mm, axis) => expect(mm).toBeCloseTo(axial.origin?.[axis] as number, 4));
      direction?.flat().forEach((cosine, i) => {
        expect(cosine).toBeCloseTo(axial.direction?.flat()[i] as number, 6);
      });
    },
  );

  it("four axes of which the last is 1 are a volume; a few NaN are air", async () => {
    expect((await good("one-of-4d.nii")).data).toEqual(axial.data);
    const { data } = await good("nan-few.nii");
    expect(data).toEqual(Uint16Array.from(axial.data, (v, i) => (i < 288 ? 0 : v)));
  });

  it.each([
    [
      "nan-many.nii",
      /expected numbers in at least half of its voxels, 60 % are none.* leave it out/,
    ],
    [
      "small.nii",
      /expected at least 8 × 10 × 12 voxels .*, it has 4 × 10 × 12 of 3 × 1 × 2 mm\. Ch/,
    ],
    ["four.nii", /four\.nii has 2 volumes, .*its shape is 12 × 10 × 8 × 2\. Split it into volumes/],
    ["four.npy", /expected an array of 2 or 3 axes, its shape is 2 × 8 × 10 × 12\. Split it into/],
    ["no-raw.mhd", /expected its pixels in .*no-raw\.raw, which is not there\. Put it beside/],
    [
      "short-raw.mhd",
      /expected 1920 bytes of pixels in .*short-raw\.raw, .*has 1000\. Copy it anew/,
    ],
    [
      "dicom-gap",
      /0002\.dcm and .*0004\.dcm are 6\.000 mm apart, most others 3\.000 mm .*Add what/,
    ],
    [
      "dicom-twice",
      /0003\.dcm and .*copy\.dcm are at the same place\. .*take out what is there twice/,
    ],
    ["dicom-mixed", /are 6\.000 mm apart, most others 3\.000 mm .* or leave the series out/],
    ["dicom-pixels", /has another pixel spacing than .*0000\.dcm\. .* or leave the series out/],
  ])("%s is left out, with what was expected, what came and what to do", (name, message) => {
    expect(told(name)).toMatch(message);
    expect(cache.usable.map((i) => cache.set.id(i))).not.toContain(name);
  });

  it("nothing else is told", () => {
    expect(cache.usable.length).toBe(7);
    expect(cache.warnings.length).toBe(10);
  });
});

it("MetaImages of four axes say so", async () => {
  await writeMetaImage(at("four.mha"), fourAxes(2));
  await expect(readScan(at("four.mha"))).rejects.toThrow(
    /four\.mha: expected 2 or 3 axes, .*DimSize = 12 10 8 2\. Split it into volumes/,
  );
});
