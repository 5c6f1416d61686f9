// Time to read a CT-like volume of 512 × 512 × 200 int16 in every format, beside nibabel and pydicom
// where a python has them. Median of a few runs, files in the page cache. Build first.
//   node packages/data/bench/read-volumes.mjs [--runs 5] [--slices 200] [--python python3]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readScan, writeDicomSeries, writeMetaImage, writeNifti, writeNpy } from "@dira/data";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    slices: { type: "string", default: "200" },
    python: { type: "string", default: "python3" },
  },
});
const runs = Number(values.runs);
const depth = Number(values.slices);
const size = 512;
const data = new Int16Array(depth * size * size);
for (let i = 0, state = 1; i < data.length; i += 1) {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  const [x, y] = [i % size, Math.floor(i / size) % size];
  const inside = (x - 256) ** 2 + (y - 256) ** 2 < 220 ** 2;
  // Noise of about 5 bits within a body, air around: compresses to about half, as CT does.
  data[i] = inside ? 40 + (state >>> 27) : -1024;
}
const scan = { data, shape: [depth, size, size], spacing: [2, 0.7, 0.7], origin: [0, 0, 0] };
const folder = mkdtempSync(join(tmpdir(), "dira-read-"));
const at = (name) => join(folder, name);
await writeMetaImage(at("raw.mhd"), scan);
await writeMetaImage(at("packed.mhd"), scan, true);
await writeNifti(at("plain.nii"), scan);
await writeNifti(at("packed.nii.gz"), scan);
await writeNpy(at("plain.npy"), scan);
await writeDicomSeries(at("series"), scan);

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
for (const name of ["raw.mhd", "packed.mhd", "plain.nii", "packed.nii.gz", "plain.npy", "series"]) {
  const times = [];
  for (let i = 0; i < runs; i += 1) {
    const started = performance.now();
    const { data: read } = await readScan(at(name));
    times.push(performance.now() - started);
    if (read.length !== data.length || read[5] !== data[5])
      throw new Error(`${name} came back wrong`);
  }
  console.log(`${name.padEnd(15)} ${Math.round(median(times))} ms`);
}

const reference = `
import sys, glob, time, numpy as np
folder, runs = sys.argv[1], int(sys.argv[2])
def timed(name, read):
    times = []
    for _ in range(runs):
        t = time.perf_counter(); read(); times.append(time.perf_counter() - t)
    print(f"{name:<25} {sorted(times)[runs // 2] * 1000:.0f} ms")
try:
    import nibabel
    for n in ["plain.nii", "packed.nii.gz"]:
        timed("nibabel " + n, lambda: np.array(nibabel.load(f"{folder}/{n}").dataobj))
except ImportError: print("nibabel is not there")
try:
    import pydicom
    def series():
        s = [pydicom.dcmread(p) for p in glob.glob(folder + "/series/*")]
        s.sort(key=lambda x: float(x.ImagePositionPatient[2]))
        return np.stack([x.pixel_array * int(x.RescaleSlope) + int(x.RescaleIntercept) for x in s])
    timed("pydicom series", series)
except ImportError: print("pydicom is not there")
timed("numpy plain.npy", lambda: np.load(folder + "/plain.npy"))
`;
const python = spawnSync(values.python, ["-W", "ignore", "-c", reference, folder, String(runs)], {
  encoding: "utf8",
});
console.log(python.status === 0 ? python.stdout.trimEnd() : "no python with numpy to compare with");
rmSync(folder, { recursive: true, force: true });
