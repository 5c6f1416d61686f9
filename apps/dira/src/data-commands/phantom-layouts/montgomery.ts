import { join } from "node:path";
import { type ImageSet, makeFolder, phantomSet } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { type LayoutOptions, padded, type PhantomLayout } from "./layout.ts";
import { personOf } from "./people.ts";
import { writePng } from "./pictures.ts";

/** Folder and value of each lung's mask. */
const LUNGS = [
  ["leftMask", 1],
  ["rightMask", 2],
] as const;

/**
 * NIH Montgomery: `MontgomerySet/CXR_png/MCUCXR_0001_0.png`, masks of the lungs in `ManualMask/` (white within),
 * readings in `ClinicalReadings/`. The release's images are about 4892 × 4020; these are square.
 */
export const montgomeryLayout: PhantomLayout = {
  kind: "montgomery",
  noun: "X-rays",
  defaults: { count: 20, size: 256 },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    const root = join(folder, "MontgomerySet");
    const readings = makeFolder(join(root, "ClinicalReadings"));
    for (let i = 0; i < options.count; i += 1) {
      const number = padded(1 + i, 4);
      const ill = set.labels?.(i)[0] === 1;
      const name = `MCUCXR_${number}_${Number(ill)}`;
      await writePng(join(root, "CXR_png", `${name}.png`), await set.read(i));
      const mask = await set.mask?.(i);
      if (mask === undefined) throw new Error(`${set.id(i)} has no mask.`);
      for (const [side, value] of LUNGS) {
        const data = mask.data.map((lung) => (lung === value ? 255 : 0));
        await writePng(join(root, "ManualMask", side, `${name}.png`), { ...mask, data });
      }
      const { sex, age } = personOf(options.seed, number);
      const found = ill ? "opacities, as in tuberculosis" : "normal";
      writeAtomically(
        join(readings, `${name}.txt`),
        `Patient's Sex: ${sex[0]}\nPatient's Age: ${padded(age, 3)}Y\n${found}\n`,
      );
    }
  },
};

function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  return phantomSet({ kind: "montgomery", count, size, seed });
}
