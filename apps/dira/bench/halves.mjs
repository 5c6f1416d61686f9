/**
 * Writes the two halves of a scan as two patients, the one on the right mirrored, so that what is learned from the one can
 * be judged on the other where only one scan is at hand: heads and chests are nearly symmetric.
 *
 *   node apps/dira/bench/halves.mjs --scan chest.nii.gz --out runs/chest               # train/, val/ with NIfTI
 *   node apps/dira/bench/halves.mjs --scan head.mhd --out runs/head --layout luna16    # subset0/, subset5/ with .mhd
 *   node apps/dira/bench/halves.mjs --inv3 Cranium.inv3 --out runs/head --layout luna16
 *   node apps/dira/bench/halves.mjs --inv3 Cranium.inv3 --out runs/bone --mask 0       # images/, masks/, lists/
 *
 * `--inv3` takes a project of InVesalius, such as the head CT of Debian's package invesalius-examples, whose mask 0 is
 * bone. With a mask the right half is tested; of the left, the upper third validates.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { indexToWorld, readScan, reorient, writeMetaImage, writeNifti } from "@dira/data";
import { readInVesalius } from "./invesalius.mjs";

const { values } = parseArgs({
  options: {
    scan: { type: "string" },
    inv3: { type: "string" },
    out: { type: "string" },
    layout: { type: "string", default: "folder" },
    mask: { type: "string" },
  },
});
const { scan: path, inv3, out, layout, mask: maskNumber } = values;
if ((path === undefined) === (inv3 === undefined) || out === undefined) {
  throw new Error("expected --scan or --inv3, a volume, and --out, a folder.");
}
if (maskNumber !== undefined && inv3 === undefined) throw new Error("--mask is of --inv3.");

const { scan, masks = [] } =
  path === undefined ? readInVesalius(inv3) : { scan: await readScan(path) };
if (maskNumber === undefined) await writeHalves(halvesOf(reorient(scan)));
else await writeMasked(halvesOf(reorient(scan)), halvesOf(reorient(masks[Number(maskNumber)])));

/** The left half of a volume, and the right one, mirrored. */
function halvesOf(volume) {
  const [, , width] = volume.shape;
  const half = Math.floor(width / 2);
  return { left: columns(volume, width - half, 1), right: columns(volume, half - 1, -1) };
}

/** Half the columns, `from` on, or mirrored, from there back. */
function columns(volume, from, step) {
  const [depth, height, width] = volume.shape;
  const half = Math.floor(width / 2);
  const data = volume.data.slice(0, depth * height * half);
  for (let line = 0; line < depth * height; line += 1) {
    for (let x = 0; x < half; x += 1)
      data[line * half + x] = volume.data[line * width + from + step * x];
  }
  // A mirrored half is placed where its first column was, as if it were not.
  const origin = indexToWorld(volume, [0, 0, step > 0 ? from : from - half + 1]);
  return { ...volume, data, shape: [depth, height, half], origin };
}

function slices(volume, from, to) {
  const [, height, width] = volume.shape;
  return {
    ...volume,
    data: volume.data.slice(from * height * width, to * height * width),
    shape: [to - from, height, width],
    origin: indexToWorld(volume, [from, 0, 0]),
  };
}

async function writeHalves(halves) {
  for (const [name, split, subset] of [
    ["left", "train", "subset0"],
    ["right", "val", "subset5"],
  ]) {
    const folder = join(out, layout === "luna16" ? subset : split);
    mkdirSync(folder, { recursive: true });
    if (layout === "luna16") await writeMetaImage(join(folder, `${name}.mhd`), halves[name]);
    else await writeNifti(join(folder, `${name}.nii.gz`), halves[name]);
    console.log(`${name}: ${halves[name].shape.join(" × ")} in ${folder}`);
  }
}

async function writeMasked(images, masks) {
  for (const name of ["images", "masks", "lists"]) mkdirSync(join(out, name), { recursive: true });
  const [depth] = images.left.shape;
  const cut = Math.floor((2 * depth) / 3);
  const parts = {
    train: ({ left }) => slices(left, 0, cut),
    val: ({ left }) => slices(left, cut, depth),
    test: ({ right }) => right,
  };
  for (const [split, part] of Object.entries(parts)) {
    const file = `${split}.nii.gz`;
    await writeNifti(join(out, "images", file), part(images));
    await writeNifti(join(out, "masks", file), part(masks));
    writeFileSync(join(out, "lists", `${split}_list.txt`), `images/${file}\n`);
    console.log(`${split}: ${part(images).shape.join(" × ")} in ${out}`);
  }
}
