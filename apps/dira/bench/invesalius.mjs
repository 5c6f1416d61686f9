import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The volume of an InVesalius project (`matrix.dat`, int16, as its `main.plist` says) and its masks, 1 where they have
 * something. `mask_N.dat` has a plane more at the front of each axis, which tells what has been edited.
 */
export function readInVesalius(project) {
  const folder = mkdtempSync(join(tmpdir(), "dira-inv3-"));
  try {
    const unpack = ["xzf", project, "-C", folder, "--strip-components=1"];
    const { status, stderr } = spawnSync("tar", unpack);
    if (status !== 0) throw new Error(`${project} can't be unpacked: ${String(stderr)}`);
    const plist = readFileSync(join(folder, "main.plist"), "utf8");
    const shape = numbersOf(plist, "shape");
    const [x, y, z] = numbersOf(plist, "spacing");
    const placed = { shape, spacing: [z, y, x] };
    const names = [...plist.matchAll(/mask_\d+(?=\.plist)/g)].map(([name]) => name);
    return {
      scan: { ...placed, data: new Int16Array(bytesOf(join(folder, "matrix.dat"))) },
      masks: names.map((name) => {
        const padded = new Uint8Array(bytesOf(join(folder, `${name}.dat`)));
        return { ...placed, data: withoutBorder(padded, shape) };
      }),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const bytesOf = (path) => {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
};

function numbersOf(plist, key) {
  const [, array] = new RegExp(`<key>${key}</key>\\s*<array>([^]*?)</array>`).exec(plist);
  return array.match(/[-\d.]+/g).map(Number);
}

function withoutBorder(padded, [depth, height, width]) {
  const data = new Uint8Array(depth * height * width);
  for (let z = 0; z < depth; z += 1) {
    for (let y = 0; y < height; y += 1) {
      const from = ((z + 1) * (height + 1) + y + 1) * (width + 1) + 1;
      const line = padded.subarray(from, from + width).map((value) => Number(value > 127));
      data.set(line, (z * height + y) * width);
    }
  }
  return data;
}
