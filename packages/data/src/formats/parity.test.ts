import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  readNpy,
  readScan,
  type Scan,
  writeDicomSeries,
  writeMetaImage,
  writeNifti,
  writeNpy,
} from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-parity-"));

/** The first python that has some modules: DIRA_PYTHON, the PATH's, the system's. */
function pythonWith(...modules: string[]): string | undefined {
  const candidates = [process.env["DIRA_PYTHON"], "python3", "/usr/bin/python3"];
  return candidates.find(
    (python) =>
      python !== undefined &&
      spawnSync(python, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" }).status === 0,
  );
}

function run(python: string, script: string): unknown {
  return JSON.parse(
    execFileSync(python, ["-W", "ignore", "-c", script, folder], { encoding: "utf8" }),
  );
}

interface Reference {
  readonly name: string;
  readonly shape: readonly number[];
  readonly affine?: readonly (readonly number[])[];
}

/** Values as 32-bit floats, in a file beside. */
function valuesOf(name: string): Float32Array {
  const bytes = readFileSync(join(folder, `${name}.f4`));
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function expectValues(scan: Pick<Scan, "data" | "shape">, { name, shape }: Reference): void {
  expect([...scan.shape], name).toEqual([...shape]);
  const bits = (values: Float32Array) => Buffer.from(new Uint8Array(values.buffer));
  expect(bits(Float32Array.from(scan.data)).equals(bits(valuesOf(name))), name).toBe(true);
}

/** nibabel's affine (RAS, i j k) against ours (LPS, k j i). */
function expectAffine(scan: Scan, { name, affine = [] }: Reference): void {
  const { spacing = [], origin = [], direction = [] } = scan;
  for (let row = 0; row < 3; row += 1) {
    const sign = row < 2 ? -1 : 1;
    for (let axis = 0; axis < 3; axis += 1) {
      const ours = (direction[2 - axis]?.[row] ?? NaN) * (spacing[2 - axis] ?? NaN);
      const theirs = sign * (affine[row]?.[axis] as number);
      expect(Math.abs(ours - theirs), name).toBeLessThan(1e-6);
    }
    const theirs = sign * (affine[row]?.[3] as number);
    expect(Math.abs((origin[row] ?? NaN) - theirs), name).toBeLessThan(1e-4);
  }
}

const numpy = pythonWith("numpy");
if (numpy === undefined) console.log("skipped: .npy against NumPy, since no python3 has numpy");

describe.skipIf(numpy === undefined)("NumPy, parity", () => {
  it("reads every type, order and version as NumPy writes it, to the bit", async () => {
    const script = `
import sys, json, numpy as np
d, out = sys.argv[1], []
a = (np.arange(2*3*4) * 37.3 - 200)
for order in "CF":
    for end in "<>":
        for t in ["b1","i1","u1","i2","u2","i4","u4","i8","u8","f2","f4","f8"]:
            x = np.abs(a) if t[0] in "ub" else a
            x = np.array((x > 150) if t == "b1" else x).astype(end + t).reshape(2, 3, 4)
            if t in ("i8", "u4"): x = x * 100000
            name = f"{order}{'l' if end == '<' else 'b'}{t}"
            np.save(f"{d}/{name}.npy", np.asarray(x, order=order))
            x.astype("<f4").tofile(f"{d}/{name}.f4")
            out.append({"name": name, "shape": x.shape})
for v in [(1, 0), (2, 0), (3, 0)]:
    with open(f"{d}/v{v[0]}.npy", "wb") as f: np.lib.format.write_array(f, a.astype("<f4"), version=v)
    a.astype("<f4").tofile(f"{d}/v{v[0]}.f4")
    out.append({"name": f"v{v[0]}", "shape": a.shape})
np.savez(f"{d}/one.npz", first=a.astype("i2"), second=a)
np.savez_compressed(f"{d}/two.npz", first=a.astype("i2"), second=a)
a.astype("<f4").tofile(f"{d}/npz.f4")
print(json.dumps(out))`;
    const references = run(numpy as string, script) as Reference[];
    for (const reference of references) {
      expectValues(await readNpy(join(folder, `${reference.name}.npy`)), reference);
    }
    expect(references).toHaveLength(51);
    for (const name of ["one.npz", "two.npz"]) {
      const second = await readNpy(join(folder, name), { array: "second" });
      expectValues(second, { name: "npz", shape: [24] });
      await expect(readNpy(join(folder, name))).rejects.toThrow(/holds first.npy, second.npy/);
    }
  });

  it("is read by NumPy", async () => {
    const data = Int16Array.from({ length: 24 }, (_, i) => i * 999 - 9000);
    await writeNpy(join(folder, "ours.npy"), { data, shape: [2, 3, 4] });
    const script = `
import sys, json, numpy as np
x = np.load(sys.argv[1] + "/ours.npy"); print(json.dumps([str(x.dtype), x.shape, x.ravel().tolist()]))`;
    expect(run(numpy as string, script)).toEqual(["int16", [2, 3, 4], [...data]]);
  });
});

const nibabel = pythonWith("numpy", "nibabel");
if (nibabel === undefined) console.log("skipped: NIfTI against nibabel, since no python3 has it");

describe.skipIf(nibabel === undefined)("nibabel, parity", () => {
  it("reads every type, byte order, version and form as nibabel does, to the bit", async () => {
    const script = `
import sys, json, numpy as np, nibabel as nib
d, out = sys.argv[1], []
rng = np.random.default_rng(0)
def keep(name, path):
    im = nib.load(path)
    x = np.asarray(im.dataobj, dtype=np.float64)
    if x.ndim == 4: x = x[..., 1]
    np.ascontiguousarray(x.T).astype("<f4").tofile(f"{d}/{name}.f4")
    out.append({"name": name, "path": path, "shape": x.T.shape, "affine": im.affine.tolist()})
for cls, ext in [(nib.Nifti1Image, "nii"), (nib.Nifti2Image, "nii"), (nib.Nifti1Image, "nii.gz"), (nib.Nifti1Pair, "img")]:
    for end in "<>":
        for t in ["u1","i1","i2","u2","i4","u4","i8","u8","f4","f8"]:
            x = (rng.normal(size=(4, 3, 5)) * 1000)
            if t[0] == "u": x = np.abs(x)
            if t[1] == "1": x = x / 100
            x = x.astype(end + t)
            q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
            if len(out) // 4 % 2: q[:, 0] *= -1
            affine = np.eye(4); affine[:3, :3] = q * [0.7, 0.9, 2.5]; affine[:3, 3] = rng.normal(size=3) * 100
            header = cls.header_class(endianness=end)
            header.set_data_dtype(end + t)
            im = cls(x, affine, header)
            kind = len(out) % 4
            if kind == 1: im.set_sform(None, 0); im.set_qform(affine, 1)
            if kind == 2: im.set_sform(None, 0); im.set_qform(None, 0)
            if kind == 3: im.header.set_slope_inter(0.37, -11.5)
            name = f"n{len(out)}"
            nib.save(im, f"{d}/{name}.{ext}")
            keep(name, f"{d}/{name}.{ext}")
x = rng.normal(size=(4, 3, 5, 3)).astype("<f4")
nib.save(nib.Nifti1Image(x, np.diag([1, 2, 3, 1])), f"{d}/four.nii.gz"); keep("four", f"{d}/four.nii.gz")
print(json.dumps(out))`;
    const references = run(nibabel as string, script) as (Reference & { path: string })[];
    expect(references).toHaveLength(81);
    for (const reference of references) {
      const options = reference.name === "four" ? { volume: 1 } : {};
      const scan = await readScan(reference.path, options);
      expectValues(scan, reference);
      expectAffine(scan, reference);
    }
  });

  it("reads what we write, at the same place", async () => {
    const scan: Scan = {
      data: Uint16Array.from({ length: 24 }, (_, i) => i * 2000),
      shape: [2, 3, 4],
      spacing: [2.5, 0.75, 0.5],
      origin: [-10, 20.5, 30],
      direction: [
        [0, 0, 1],
        [0, -1, 0],
        [1, 0, 0],
      ],
    };
    await writeNifti(join(folder, "ours.nii.gz"), scan);
    const script = `
import sys, json, numpy as np, nibabel as nib
im = nib.load(sys.argv[1] + "/ours.nii.gz")
np.asarray(im.dataobj).T.astype("<f4").tofile(sys.argv[1] + "/ours.f4")
print(json.dumps({"name": "ours", "shape": im.shape[::-1], "affine": im.affine.tolist()}))`;
    const reference = run(nibabel as string, script) as Reference;
    expectValues(scan, reference);
    expectAffine(scan, reference);
  });
});

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

const debian = join(process.env["DIRA_DEBIAN"] ?? "/", "usr", "share", "doc");
const itk = join(debian, "insighttoolkit5-examples", "examples", "Data");
const cranium = join(debian, "invesalius-examples", "examples", "Cranium.inv3");
if (!existsSync(itk)) {
  console.log(`skipped: ITK's samples are not in ${itk} (Debian insighttoolkit5-examples)`);
}
if (!existsSync(cranium)) {
  console.log(`skipped: the head CT is not in ${cranium} (Debian invesalius-examples)`);
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

describe.skipIf(!existsSync(cranium))("a head CT, whole runs", () => {
  it("goes through LUNA16's format unchanged", async () => {
    const tar = gunzipSync(readFileSync(cranium));
    const matrix = tarEntry(tar, /matrix\.dat$/);
    writeFileSync(join(folder, "matrix.dat"), matrix);
    const raw = { shape: [108, 256, 256], type: "i2", spacing: [1.5, 0.957, 0.957] } as const;
    const scan = await readScan(join(folder, "matrix.dat"), { raw });
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

/** The first file of a tar whose name fits. */
function tarEntry(tar: Buffer, name: RegExp): Buffer {
  for (let at = 0; at + 512 <= tar.length;) {
    const found = tar.toString("latin1", at, at + 100).replace(/\0.*$/, "");
    const size = parseInt(tar.toString("latin1", at + 124, at + 136), 8) || 0;
    if (name.test(found)) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`There is no ${String(name)} in the archive.`);
}

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
