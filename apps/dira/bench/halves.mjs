/**
 * Writes the two halves of a scan as two patients, the one on the right mirrored, so that what is learned from the one can
 * be judged on the other where only one scan is at hand: heads and chests are nearly symmetric.
 *
 *   node apps/dira/bench/halves.mjs --scan chest.nii.gz --out runs/chest               # train/, val/ with NIfTI
 *   node apps/dira/bench/halves.mjs --scan head.mhd --out runs/head --layout luna16    # subset0/, subset5/ with .mhd
 *   node apps/dira/bench/halves.mjs --inv3 Cranium.inv3 --out runs/head --layout luna16
 *
 * `--inv3` takes a project of InVesalius, such as the head CT of Debian's package invesalius-examples.
 */
import { mkdtempSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { indexToWorld, readScan, reorient, writeMetaImage, writeNifti } from "@dira/data";

const { values } = parseArgs({
  options: {
    scan: { type: "string" },
    inv3: { type: "string" },
    out: { type: "string" },
    layout: { type: "string", default: "folder" },
  },
});
const { scan: path, inv3, out, layout } = values;
if ((path === undefined) === (inv3 === undefined) || out === undefined) {
  throw new Error("expected --scan or --inv3, a volume, and --out, a folder.");
}

const scan = reorient(path === undefined ? readInVesalius(inv3) : await readScan(path));
const [depth, height, width] = scan.shape;
const half = Math.floor(width / 2);

/** Columns `from` on, or mirrored, from there back. */
function columns(from, step) {
  const data = scan.data.slice(0, depth * height * half);
  for (let line = 0; line < depth * height; line += 1) {
    for (let x = 0; x < half; x += 1)
      data[line * half + x] = scan.data[line * width + from + step * x];
  }
  // A mirrored half is placed where its first column was, as if it were not.
  const origin = indexToWorld(scan, [0, 0, step > 0 ? from : from - half + 1]);
  return { ...scan, data, shape: [depth, height, half], origin };
}
const parts = { left: columns(width - half, 1), right: columns(half - 1, -1) };

for (const [name, split, subset] of [
  ["left", "train", "subset0"],
  ["right", "val", "subset5"],
]) {
  const folder = join(out, layout === "luna16" ? subset : split);
  await mkdir(folder, { recursive: true });
  if (layout === "luna16") await writeMetaImage(join(folder, `${name}.mhd`), parts[name]);
  else await writeNifti(join(folder, `${name}.nii.gz`), parts[name]);
  console.log(`${name}: ${parts[name].shape.join(" × ")} in ${folder}`);
}

/** The volume of an InVesalius project: `matrix.dat`, int16, as its `main.plist` says. */
function readInVesalius(project) {
  const folder = mkdtempSync(join(tmpdir(), "dira-inv3-"));
  const { status, stderr } = spawnSync("tar", [
    "xzf",
    project,
    "-C",
    folder,
    "--strip-components=1",
  ]);
  if (status !== 0) throw new Error(`${project} can't be unpacked: ${String(stderr)}`);
  const plist = readFileSync(join(folder, "main.plist"), "utf8");
  const numbers = (key) =>
    new RegExp(`<key>${key}</key>\\s*<array>([^]*?)</array>`)
      .exec(plist)[1]
      .match(/[-\d.]+/g)
      .map(Number);
  const bytes = readFileSync(join(folder, "matrix.dat"));
  const data = new Int16Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  const [x, y, z] = numbers("spacing");
  return { data, shape: numbers("shape"), spacing: [z, y, x] };
}
