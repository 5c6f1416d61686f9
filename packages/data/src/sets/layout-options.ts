import { DataError } from "../image.ts";
import type { BratsOptions } from "./brats.ts";
import type { ChestXray14Options } from "./chest-xray14.ts";
import type { ChexpertOptions } from "./chexpert.ts";
import type { LidcOptions } from "./lidc.ts";
import type { LitsOptions } from "./lits.ts";
import type { Luna16Options } from "./luna16.ts";
import type { MontgomeryOptions } from "./montgomery.ts";
import type { NpyCubesOptions } from "./npy-cubes.ts";
import type { PeCadOptions } from "./pe-cad.ts";
import type { ScanFolderOptions } from "./scan-folder.ts";
import type { SiimAcrOptions } from "./siim-acr.ts";

/** Options of each layout. */
export interface OptionsOf {
  "chest-xray14": ChestXray14Options;
  chexpert: ChexpertOptions;
  "siim-acr": SiimAcrOptions;
  montgomery: MontgomeryOptions;
  luna16: Luna16Options;
  "lidc-idri": LidcOptions;
  lits: LitsOptions;
  brats: BratsOptions;
  "pe-cad": PeCadOptions;
  "npy-cubes": NpyCubesOptions;
  folder: ScanFolderOptions;
}

/** A layout that `openDataSet` knows. */
export type DataSetKind = keyof OptionsOf;

type Named<Options> = Readonly<Record<keyof Options, true>>;

const ALL = { split: true, missing: true } as const;
const CUBES = { axes: true, spacing: true } as const;

/** Their names; none lacks, none is too many. */
const NAMES: { readonly [Kind in DataSetKind]: Named<OptionsOf[Kind]> } = {
  "chest-xray14": { ...ALL, list: true, lists: true },
  chexpert: {
    ...ALL,
    uncertain: true,
    unmentioned: true,
    frontalOnly: true,
    labels: true,
    testOn: true,
    seed: true,
  },
  "siim-acr": { ...ALL, shares: true },
  montgomery: { ...ALL, shares: true },
  luna16: { ...ALL, items: true, subsets: true, cube: true },
  "lidc-idri": { ...ALL, items: true, consensus: true, cube: true, shares: true },
  lits: { ...ALL, target: true },
  brats: { ...ALL, modality: true, target: true, shares: true },
  "pe-cad": { ...ALL, ...CUBES, testFold: true },
  "npy-cubes": { ...ALL, ...CUBES, classes: true },
  folder: { split: true, window: true, spatialRank: true, lists: true, classes: true },
};

/** @throws DataError for an option that the layout does not have, e.g. one with a slip of the pen. */
export function checkLayoutOptions(kind: DataSetKind, options: object): void {
  const names = Object.keys(NAMES[kind]);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new DataError(
    `Data sets of kind ${kind} have no option \`${unknown}\`, only ${names.join(", ")}.`,
  );
}
