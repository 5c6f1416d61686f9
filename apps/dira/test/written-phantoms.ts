import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DataSetKind,
  type ImageSet,
  lidcIdri,
  luna16,
  makeFolder,
  openDataSet,
  type Scan,
  type Split,
} from "@dira/data";
import { PHANTOM_LAYOUTS } from "../src/data-commands/phantom-layouts/index.ts";
import type { LayoutOptions, PhantomLayout } from "../src/data-commands/phantom-layouts/layout.ts";

export const SPLITS = ["train", "val", "test"] as const;

/** As many as by default, but small; SIIM-ACR's have one size, and seven of them have all splits. */
const SIZES: Readonly<Record<string, LayoutOptions["size"]>> = {
  "chest-xray14": 64,
  chexpert: 64,
  "siim-acr": 1024,
  montgomery: 64,
  luna: [24, 30, 36],
  "pe-cad": [8, 10, 12],
  lidc: [16, 32, 24],
  lits: [8, 16, 24],
  brats: [16, 24, 20],
};

/** Phantoms of a kind in a folder, and what they are. */
export interface WrittenPhantoms {
  readonly folder: string;
  readonly options: LayoutOptions;
  readonly layout: PhantomLayout;
  /** As they were drawn. */
  readonly drawn: ImageSet;
  /** As the layout's reader has them. */
  open(split?: Split): ImageSet;
  /** The same, whole CTs instead of cubes. */
  whole(): ImageSet;
  /** Number of the phantom that an image is, by its name. */
  numberOf(id: string): number;
}

/** Writes small phantoms into a new folder. */
export async function written(kind: string): Promise<WrittenPhantoms> {
  const layout = PHANTOM_LAYOUTS[kind] as PhantomLayout;
  const count = kind === "siim-acr" ? 7 : layout.defaults.count;
  const options = { count, size: SIZES[kind] ?? 0, seed: 3 };
  const folder = makeFolder(mkdtempSync(join(tmpdir(), `dira-phantom-${kind}-`)));
  await layout.write(folder, options);
  const open = (split?: Split): ImageSet =>
    openDataSet(folder, {
      kind: layout.kind as Exclude<DataSetKind, "folder">,
      ...(split && { split }),
    });
  return {
    ...{ folder, options, layout, open },
    drawn: layout.phantoms(options),
    whole: () => {
      if (kind === "luna") return luna16(folder, { items: "volumes" });
      return kind === "lidc" ? lidcIdri(folder, { items: "volumes" }) : open();
    },
    numberOf: (id) => NUMBERS[kind]?.(id) as number,
  };
}

const NUMBERS: Readonly<Record<string, (id: string) => number>> = {
  "chest-xray14": (id) => {
    const [, patient, study] = /(\d{8})_(\d{3})\.png$/.exec(id) ?? [];
    return 2 * (Number(patient) - 1) + Number(study);
  },
  chexpert: (id) => Number(/patient(\d{5})/.exec(id)?.[1]) - 1,
  "siim-acr": (id) => Number(/\.(\d+)\.1\.1\.dcm$/.exec(id)?.[1]) - 1,
  montgomery: (id) => Number(/MCUCXR_(\d{4})/.exec(id)?.[1]) - 1,
  "pe-cad": (id) => {
    const [, patient, item] = /patient(\d{4})\.npy\[(\d)\]$/.exec(id) ?? [];
    return 4 * (Number(patient) - 1) + Number(item);
  },
  luna: (id) => Number(id.split(".").at(-1)) - 1,
  lidc: (id) => Number(/LIDC-IDRI-(\d{4})/.exec(id)?.[1]) - 1,
  // Seven to train, two to validate, three to test.
  lits: (id) => {
    const number = Number(/volume-(\d+)/.exec(id)?.[1]);
    return number < 100 ? number : number < 115 ? number - 100 + 7 : number - 115 + 9;
  },
  brats: (id) => Number(/TCIA00_(\d{3})_1/.exec(id)?.[1]) - 1,
};

export const indices = ({ length }: ImageSet): number[] => Array.from({ length }, (_, i) => i);

export const bytesOf = ({ data }: Pick<Scan, "data">): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

export const sumOf = (data: Uint8Array = new Uint8Array()): number =>
  data.reduce((a, b) => a + b, 0);
