import { join } from "node:path";
import { type ImageSet, makeFolder, phantomSet, type Scan, writeNifti } from "@dira/data";
import { type LayoutOptions, padded, type PhantomLayout } from "./layout.ts";

/**
 * BraTS 2018: `HGG/<case>/<case>_flair.nii.gz` and `<case>_seg.nii.gz` (1 necrotic core, 2 oedema, 4 enhancing tumour).
 * The other three images of a case are not drawn, and there is no `LGG/`.
 */
export const bratsLayout: PhantomLayout = {
  kind: "brats",
  noun: "FLAIR images",
  defaults: { count: 12, size: [32, 64, 64] },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    for (let i = 0; i < options.count; i += 1) {
      const name = `Brats18_TCIA00_${padded(1 + i, 3)}_1`;
      const inside = makeFolder(join(folder, "HGG", name));
      await writeNifti(join(inside, `${name}_flair.nii.gz`), await set.read(i));
      const mask = (await set.mask?.(i)) as Scan;
      await writeNifti(join(inside, `${name}_seg.nii.gz`), mask);
    }
  },
};

function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  return phantomSet({ kind: "brats", count, size, seed });
}
