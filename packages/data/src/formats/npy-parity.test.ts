import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectValues, parityFolder as folder, type Reference, run } from "../../test/python.ts";
import { readNpy, writeNpy } from "../index.ts";
import { pythonWith } from "../../../../tools/testing/python.ts";

const numpy = pythonWith(["numpy"], "Parity of .npy with NumPy is");

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
