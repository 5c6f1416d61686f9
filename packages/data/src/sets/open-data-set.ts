import { DataError, type ImageSet } from "../image.ts";
import { brats, isBrats } from "./brats.ts";
import { chestXray14, type ChestXray14Options, isChestXray14 } from "./chest-xray14.ts";
import { chexpert, isChexpert } from "./chexpert.ts";
import { checkFolder } from "./files.ts";
import { isLidc, lidcIdri } from "./lidc.ts";
import { checkLayoutOptions, type DataSetKind, type OptionsOf } from "./layout-options.ts";
import { isLits, lits } from "./lits.ts";
import { isLuna16, luna16 } from "./luna16.ts";
import { isMontgomery, montgomery } from "./montgomery.ts";
import { isNpyCubes, npyCubes } from "./npy-cubes.ts";
import { isPeCad, peCad } from "./pe-cad.ts";
import { scanFolder, type ScanFolderOptions } from "./scan-folder.ts";
import { isSiimAcr, siimAcr } from "./siim-acr.ts";
import type { Split } from "./split.ts";

/** Options of {@link openDataSet}: with a kind, all of that kind's. */
export type OpenDataSetOptions =
  | (ChestXray14Options & ScanFolderOptions & { readonly kind?: undefined })
  | { [Kind in DataSetKind]: OptionsOf[Kind] & { readonly kind: Kind } }[DataSetKind];

interface Layout {
  readonly recognise: (folder: string) => boolean;
  readonly open: (folder: string, options: object) => ImageSet;
}

/** In the order in which they are tried; any folder is one of the last. */
const LAYOUTS: Readonly<Record<DataSetKind, Layout>> = {
  "chest-xray14": { recognise: isChestXray14, open: chestXray14 },
  chexpert: { recognise: isChexpert, open: chexpert },
  "siim-acr": { recognise: isSiimAcr, open: siimAcr },
  montgomery: { recognise: isMontgomery, open: montgomery },
  luna16: { recognise: isLuna16, open: luna16 },
  "lidc-idri": { recognise: isLidc, open: lidcIdri },
  lits: { recognise: isLits, open: lits },
  brats: { recognise: isBrats, open: brats },
  "pe-cad": { recognise: isPeCad, open: peCad },
  "npy-cubes": { recognise: isNpyCubes, open: npyCubes },
  folder: { recognise: () => true, open: scanFolder },
};

/** Names of all layouts. */
export const DATA_SET_KINDS: readonly DataSetKind[] = Object.keys(LAYOUTS) as DataSetKind[];

/**
 * Opens a folder in the layout of `kind`, else in the first that it recognises: ChestX-ray14, CheXpert,
 * SIIM-ACR, Montgomery, LUNA16, LIDC-IDRI, LiTS, BraTS, PE-CAD's candidates, arrays of cubes, or any
 * folder of images or volumes. The set's `layout` says which it was.
 *
 * @throws DataError when the folder is missing, there is no such kind, or it has no such option, something of its
 *   layout is missing, or the split is not there.
 */
export function openDataSet(folder: string, options: OpenDataSetOptions = {}): ImageSet {
  const { kind, ...rest } = options;
  checkFolder(folder);
  if (kind !== undefined) {
    const layout = LAYOUTS[kind] as Layout | undefined;
    if (layout !== undefined) {
      checkLayoutOptions(kind, rest);
      return layout.open(folder, rest);
    }
    throw new DataError(
      `There is no data set kind ${String(kind)}, only ${DATA_SET_KINDS.join(", ")}.`,
    );
  }
  if ("list" in rest && rest.list !== undefined) return chestXray14(folder, rest);
  return LAYOUTS[dataSetKind(folder)].open(folder, rest);
}

/** The layout that a folder is recognised as: the first that fits, `folder` at last. @throws DataError when it is missing. */
export function dataSetKind(folder: string): DataSetKind {
  checkFolder(folder);
  return DATA_SET_KINDS.find((name) => LAYOUTS[name].recognise(folder)) ?? "folder";
}

/** {@link openDataSet} of one split. */
export function openImages(folder: string, split: Split): ImageSet {
  return openDataSet(folder, { split });
}
