import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  expectValues,
  parityFolder as folder,
  pythonWith,
  type Reference,
  run,
} from "../../test/python.ts";
import { readScan, writeDicomSeries } from "../index.ts";

const pydicom = pythonWith("numpy", "pydicom");
if (pydicom === undefined) console.log("skipped: DICOM against pydicom, since no python3 has it");

describe.skipIf(pydicom === undefined)("pydicom, parity", () => {
  it("reads its own grey sample files, where it decodes them, to the bit", async () => {
    const script = `
import sys, json, glob, os, numpy as np, pydicom
d, out = sys.argv[1], []
root = os.path.join(os.path.dirname(pydicom.__file__), "data", "test_files")
for p in sorted(glob.glob(root + "/*.dcm")):
    try:
        ds = pydicom.dcmread(p)
        if ds.SamplesPerPixel != 1 or ds.PhotometricInterpretation != "MONOCHROME2": continue
        x = ds.pixel_array.astype(np.float64) * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
    except Exception: continue
    name = os.path.basename(p)
    x.astype("<f4").tofile(f"{d}/{name}.f4")
    out.append({"name": name, "path": p, "shape": x.shape})
print(json.dumps(out))`;
    const references = run(pydicom as string, script) as (Reference & { path: string })[];
    const counted = references.filter(({ name }) => name !== "badVR.dcm");
    if (counted.length === 0) console.log("skipped: pydicom came without its sample files");
    for (const reference of counted) expectValues(await readScan(reference.path), reference);
  });

  it("reads what we write", async () => {
    const data = Int16Array.from({ length: 24 }, (_, i) => i * 999 - 9000);
    const scan = { data, shape: [2, 3, 4], spacing: [2, 0.5, 0.25], origin: [1, 2, 3] };
    await writeDicomSeries(join(folder, "ours"), scan, { intercept: -24 });
    const script = `
import sys, json, glob, pydicom
s = [pydicom.dcmread(p) for p in sorted(glob.glob(sys.argv[1] + "/ours/*.dcm"))]
print(json.dumps([[x.pixel_array.ravel().tolist(), list(map(float, x.ImagePositionPatient)), list(map(float, x.PixelSpacing)), float(x.RescaleIntercept)] for x in s]))`;
    expect(run(pydicom as string, script)).toEqual([
      [[...data.subarray(0, 12)], [1, 2, 3], [0.5, 0.25], -24],
      [[...data.subarray(12)], [1, 2, 5], [0.5, 0.25], -24],
    ]);
  });
});
