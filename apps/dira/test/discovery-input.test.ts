import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder, phantomSet, reorient, type Scan, writeNifti } from "@dira/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkDiscovery, DISCOVERY, type DiscoveryConfig } from "../src/discovery/config.ts";
import { type AllPatients, notePatients, openPatients } from "../src/discovery/patients.ts";
import { makeThumbnails } from "../src/discovery/thumbnails.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-volumes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const configOf = (data: string, more: object = {}): DiscoveryConfig =>
  checkDiscovery({
    ...DISCOVERY,
    data,
    cube: [8, 12, 12],
    autoEncoder: { ...DISCOVERY.autoEncoder, volume: [8, 16, 16], levels: 2 },
    ...more,
  });
const chest = (patient: number): Promise<Scan> =>
  phantomSet({ kind: "chest-ct", count: 1, seed: 5, first: patient, size: [12, 24, 26] }).read(0);
/** Reads a patient, whichever split he is in. */
const readNamed = ({ train, val }: AllPatients, name: string): Promise<Scan> => {
  const split = train.names.includes(name) ? train : val;
  return split.read(split.names.indexOf(name));
};

describe("volumes that discovery is given", () => {
  const data = makeFolder(join(folder, "data"));
  const write = (name: string, scan: Scan): Promise<void> => writeNifti(join(data, name), scan);
  beforeAll(async () => {
    const one = await chest(0);
    await write("a-axial.nii", one);
    await write("b-sagittal.nii.gz", reorient(one, "PSR"));
    await write("c.nii", await chest(1));
    await write("d.nii", await chest(2));
    const holes = Float32Array.from((await chest(3)).data, (v, i) => (i % 7 === 0 ? NaN : v));
    await write("e-nan.nii", { ...(await chest(3)), data: holes });
    await write("x-small.nii", { data: new Int16Array(8 * 8 * 40), shape: [8, 8, 40] });
    await write("y-4d.nii", { data: new Int16Array(2 * 12 * 24 * 26), shape: [2, 12, 24, 26] });
    writeFileSync(join(data, "z-damaged.nii"), "not a volume");
  });

  it("small, 4D and damaged ones are named with the reason and left out, if so many may be", async () => {
    const config = configOf(data, { maxUnreadable: 0.5 });
    const patients = openPatients(config);
    const out = makeFolder(join(folder, "out"));
    const { train, val } = await makeThumbnails(out, patients, config);
    const used = [
      ...train.usable.map((i) => patients.train.names[i]),
      ...val.usable.map((i) => patients.val.names[i]),
    ];
    expect(used.toSorted()).toEqual([
      "a-axial.nii",
      "b-sagittal.nii.gz",
      "c.nii",
      "d.nii",
      "e-nan.nii",
    ]);
    const reasons = ["x-small", "y-4d", "z-damaged"].map((name) =>
      readNamed(patients, `${name}.nii`).catch((error: Error) => error.message),
    );
    expect(await Promise.all(reasons)).toEqual([
      expect.stringMatching(
        /x-small\.nii: its 8 × 8 × 40 voxels .* fewer than the cube's 8 × 12 × 12/,
      ),
      expect.stringMatching(/y-4d\.nii has 2 volumes/),
      expect.stringMatching(/z-damaged\.nii/),
    ]);
    const strict = configOf(data);
    await expect(makeThumbnails(out, patients, strict)).rejects.toThrow(
      /3 of 8 volumes can't be used, the first: .*maxUnreadable=0\.38/,
    );
  });

  it("an orientation other than axial is turned; NaN is air", async () => {
    const patients = openPatients(configOf(data));
    const axial = await readNamed(patients, "a-axial.nii");
    const turned = await readNamed(patients, "b-sagittal.nii.gz");
    expect(axial.shape).toEqual([12, 24, 26]);
    expect(turned.shape).toEqual(axial.shape);
    expect(turned.data.every((value, i) => value === axial.data[i])).toBe(true);
    const only = makeFolder(join(folder, "nan"));
    for (const name of ["p", "q", "r"]) {
      const data = new Float32Array(8 * 16 * 16).fill(NaN);
      await writeNifti(join(only, `${name}.nii`), { data, shape: [8, 16, 16] });
    }
    const config = configOf(only);
    const out = makeFolder(join(folder, "nan-out"));
    const { val } = await makeThumbnails(out, openPatients(config), config);
    expect(val.read(0).every((value) => value === 0)).toBe(true);
  });

  it("other volumes on resuming, too few, and images are refused", async () => {
    const patients = openPatients(configOf(data));
    const out = makeFolder(join(folder, "noted"));
    await notePatients(out, patients);
    await notePatients(out, openPatients(configOf(data)));
    const other = openPatients(configOf(data, { seed: 1 }));
    await expect(notePatients(out, other)).rejects.toThrow(/not those that the run was started/);
    const few = makeFolder(join(folder, "few"));
    await writeNifti(join(few, "one.nii"), await chest(0));
    expect(() => openPatients(configOf(few))).toThrow(/0 patients to train and 1 held out/);
    writeFileSync(join(few, "image.png"), "");
    rmSync(join(few, "one.nii"));
    expect(() => openPatients(configOf(few))).toThrow(/no volumes/);
  });
});
