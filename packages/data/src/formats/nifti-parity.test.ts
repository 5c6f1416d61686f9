import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectValues, parityFolder as folder, type Reference, run } from "../../test/python.ts";
import { readScan, type Scan, writeNifti } from "../index.ts";
import { pythonWith } from "../../../../tools/testing/python.ts";

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

const nibabel = pythonWith(["numpy", "nibabel"], "Parity of NIfTI with nibabel is");

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
