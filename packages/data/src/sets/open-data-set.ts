import { chestXray14, type ChestXray14Options, isChestXray14, type Split } from "./chest-xray14.ts";
import { DataError, type ImageSet } from "../image.ts";
import { imageFolder } from "./image-folder.ts";
import { subset } from "../subset.ts";

/**
 * Opens a folder: ChestX-ray14's layout where it has one, else all its images, of which every tenth is
 * the validation (and test) split.
 *
 * @throws DataError when the folder is missing, holds no image, or the split is not there.
 */
export function openDataSet(folder: string, options: ChestXray14Options = {}): ImageSet {
  return { ...open(folder, options), source: { name: "openDataSet", args: [folder, options] } };
}

function open(folder: string, options: ChestXray14Options): ImageSet {
  if (isChestXray14(folder) || options.list !== undefined) return chestXray14(folder, options);
  const all = imageFolder(folder);
  const { split } = options;
  if (split === undefined) return { ...all, splits: ["train", "val"] };
  const chosen = Array.from({ length: all.length }, (_, i) => i).filter(
    (i) => (i % 10 === 9) === (split !== "train"),
  );
  if (chosen.length === 0) {
    throw new DataError(
      `${folder} has ${all.length} images, too few to keep every tenth for the ${split} split.`,
    );
  }
  return { ...subset(all, chosen), name: `${folder} (${split})`, splits: ["train", "val"] };
}

/** {@link openDataSet} of one split. */
export function openImages(folder: string, split: Split): ImageSet {
  return openDataSet(folder, { split });
}
