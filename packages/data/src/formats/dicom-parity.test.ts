import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  expectValues,
  parityFolder as folder,
  type Reference,
  run,
  valuesOf,
} from "../../test/python.ts";
import { readScan, writeDicomSeries } from "../index.ts";
import { pythonWith } from "../../../../tools/testing/python.ts";

const pydicom = pythonWith(["numpy", "pydicom"], "Parity of DICOM with pydicom is");

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

  it("shows palettes, half colours, look-up tables and windows as it does", async () => {
    const script = `
import sys, os, json, copy, numpy as np, pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut
d, out = sys.argv[1], []
root = os.path.join(os.path.dirname(pydicom.__file__), "data", "test_files")
def colours(name, path, rgb):
    if rgb.dtype == np.uint16: rgb = np.floor(rgb * (255 / 65535) + 0.5)
    rgb.astype("u1").tofile(f"{d}/{name}.rgb"); out.append({"name": name, "path": path, "shape": rgb.shape[:2]})
def grey(name, ds, x):
    ds.save_as(f"{d}/{name}.dcm")
    np.floor(x + 0.5).astype("<f4").tofile(f"{d}/{name}.f4")
    out.append({"name": name, "path": f"{d}/{name}.dcm", "shape": x.shape})
p = os.path.join(root, "examples_palette.dcm")
if os.path.exists(p):
    ds = pydicom.dcmread(p); colours("palette", p, apply_color_lut(ds.pixel_array, ds))
p = os.path.join(root, "SC_ybr_full_422_uncompressed.dcm")
if os.path.exists(p):
    ds = pydicom.dcmread(p); colours("half", p, ds.pixel_array)
p = os.path.join(root, "CT_small.dcm")
if os.path.exists(p):
    base = pydicom.dcmread(p); low = int(base.pixel_array.min())
    def lut(first, values, bits):
        item = Dataset(); vr = "SS" if first < 0 else "US"
        item.add_new(0x00283002, vr, [len(values), first, bits]); item.add_new(0x00283006, "OW", np.asarray(values, "<u2").tobytes())
        return Sequence([item])
    ramp = (np.sqrt(np.arange(900)) * 2000).astype(int)
    ds = copy.deepcopy(base); del ds.RescaleSlope; del ds.RescaleIntercept
    ds.ModalityLUTSequence = lut(low + 100, ramp, 16)
    grey("modality", ds, apply_modality_lut(ds.pixel_array, ds))
    hu = apply_modality_lut(base.pixel_array, base)
    ds = copy.deepcopy(base); ds.VOILUTSequence = lut(-800, (np.sqrt(np.arange(1500)) * 105).astype(int), 12)
    grey("voi", ds, apply_voi_lut(hu, ds) / 4095 * 65535)
    ds = copy.deepcopy(base); ds.WindowCenter = 40; ds.WindowWidth = 400
    x = apply_voi_lut(hu, ds); grey("window", ds, (x - x.min()) / (x.max() - x.min()) * 65535)
print(json.dumps(out))`;
    const references = run(pydicom as string, script) as (Reference & { path: string })[];
    if (references.length < 5) console.log("skipped in part: pydicom lacks some sample files");
    for (const { name, path, shape } of references) {
      const { data } = await readScan(path, name === "modality" ? {} : { window: "file" });
      const colours = existsSync(join(folder, `${name}.rgb`));
      const expected = Array.from(colours ? await greyOf(name, shape) : valuesOf(name));
      const worst = expected.reduce(
        (most, v, i) => Math.max(most, Math.abs((data[i] ?? NaN) - v)),
        0,
      );
      // Windows are fractions, which are rounded twice.
      expect(worst, name).toBeLessThanOrEqual(name === "window" ? 1 : 0);
    }
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

/** Colours in a file beside, as grey. */
async function greyOf(name: string, shape: readonly number[]): Promise<Uint8Array> {
  const [height = 0, width = 0] = shape;
  const rgb = readFileSync(join(folder, `${name}.rgb`));
  const raw = { width, height, channels: 3 } as const;
  return sharp(rgb, { raw }).toColourspace("b-w").raw().toBuffer();
}
