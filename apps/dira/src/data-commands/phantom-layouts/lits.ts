import { join } from "node:path";
import { type ImageSet, phantomSet, type Scan, writeNifti } from "@dira/data";
import { heldOut, type LayoutOptions, type PhantomLayout } from "./layout.ts";

/** Numbers of the release from which on volumes validate, and test. */
const FIRST = { val: 100, test: 115 };

/**
 * LiTS: `volume-0.nii` in HU and `segmentation-0.nii` (1 liver, 2 lesion); numbers from 0 on train, from 100 on validate,
 * from 115 on test.
 */
export const litsLayout: PhantomLayout = {
  kind: "lits",
  noun: "CTs",
  defaults: { count: 12, size: [32, 64, 64] },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    for (let i = 0; i < options.count; i += 1) {
      const number = numberOf(i, options.count);
      await writeNifti(join(folder, `volume-${number}.nii`), await set.read(i));
      const mask = (await set.mask?.(i)) as Scan;
      await writeNifti(join(folder, `segmentation-${number}.nii`), mask);
    }
  },
};

function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  return phantomSet({ kind: "lits", count, size, seed });
}

/** The release's number of an image: those of the three splits one after the other. */
function numberOf(index: number, count: number): number {
  const { val, test } = heldOut(count);
  const train = count - val - test;
  if (index < train) return index;
  return index < count - test ? FIRST.val + index - train : FIRST.test + index - (count - test);
}
