import { join } from "node:path";
import { type ImageSet, makeFolder, phantomSet, writeNpy } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { UsageError } from "../../usage-error.ts";
import { type LayoutOptions, padded, type PhantomLayout } from "./layout.ts";

/** Candidates of a patient. */
const CANDIDATES = 4;
const FOLDS = 3;

/**
 * PE-CAD is private; this is the layout that its reader assumes: `labels.csv`, and in `cubes/` an array
 * `[4, depth, height, width]` of HU for each patient, `patient0001.npy`. Patients take turns in the three folds.
 */
export const peCadLayout: PhantomLayout = {
  kind: "pe-cad",
  noun: "cubes",
  defaults: { count: 48, size: [64, 64, 64] },
  phantoms,
  write: async (folder, options) => {
    const { count } = options;
    const set = phantoms(options);
    makeFolder(join(folder, "cubes"));
    const rows = ["file,item,label,patient,fold"];
    for (let first = 0; first < count; first += CANDIDATES) {
      const patient = 1 + Number(set.patient?.(first));
      const name = `patient${padded(patient, 4)}`;
      const fold = 1 + ((patient - 1) % FOLDS);
      const items = Array.from({ length: Math.min(CANDIDATES, count - first) }, (_, item) => item);
      for (const item of items) {
        const label = set.labels?.(first + item)[0] ?? 0;
        rows.push([`cubes/${name}.npy`, item, label, name, fold].join(","));
      }
      const numbers = items.map((item) => first + item);
      await writeNpy(join(folder, "cubes", `${name}.npy`), await stacked(set, numbers));
    }
    writeAtomically(join(folder, "labels.csv"), `${rows.join("\n")}\n`);
  },
};

function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  const [depth = 0, height = 0, width = 0] = typeof size === "number" ? [size, size, size] : size;
  if (width < Math.min(depth, height)) {
    throw new UsageError(
      `--size: arrays whose last side is the shortest are read as height, width, depth; got ${depth},${height},${width}. Make the width no shorter than the others.`,
    );
  }
  return phantomSet({ kind: "pe-cad", count, size, seed, studies: CANDIDATES });
}

/** Some of a set's cubes in one array, `[cubes, depth, height, width]`. */
async function stacked(
  set: ImageSet,
  numbers: readonly number[],
): Promise<{ readonly data: Int16Array; readonly shape: readonly number[] }> {
  const cubes: Int16Array[] = [];
  let shape: readonly number[] = [];
  for (const number of numbers) {
    const scan = await set.read(number);
    cubes.push(scan.data as Int16Array);
    ({ shape } = scan);
  }
  const voxels = shape.reduce((a, b) => a * b, 1);
  const data = new Int16Array(cubes.length * voxels);
  cubes.forEach((cube, i) => data.set(cube, i * voxels));
  return { data, shape: [cubes.length, ...shape] };
}
