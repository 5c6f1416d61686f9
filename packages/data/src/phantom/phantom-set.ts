import { DataError, type ImageSet } from "../image.ts";
import type { Drawn, KindOptions, PhantomKey, PhantomKind } from "./kinds.ts";
import { bratsKind, chestCtKind, lidcKind, litsKind, lunaKind, peCadKind } from "./volume-kinds.ts";
import {
  chestXray14Kind,
  chexpertKind,
  montgomeryKind,
  siimAcrKind,
  usualXrays,
} from "./xray-kinds.ts";

/** Options of {@link phantomChestXrays}. */
export interface PhantomSetOptions {
  readonly count: number;
  readonly seed: number;
  /** Number of the first patient: sets that do not overlap share no patient. @defaultValue 0 */
  readonly first?: number;
  /**
   * Pixels per side, or per axis (`[depth, height, width]` for volumes); reading for a smaller side
   * shrinks images.
   *
   * @defaultValue images: the side that is asked for, else 256; volumes: the kind's
   */
  readonly size?: number | readonly number[];
}

/** A data set that phantoms stand in for. */
export type PhantomKindName =
  | "chest-xray14"
  | "chexpert"
  | "siim-acr"
  | "montgomery"
  | "chest-ct"
  | "luna"
  | "pe-cad"
  | "lidc"
  | "lits"
  | "brats";

const KINDS: Record<PhantomKindName, (options: KindOptions) => PhantomKind> = {
  "chest-xray14": chestXray14Kind,
  chexpert: chexpertKind,
  "siim-acr": siimAcrKind,
  montgomery: montgomeryKind,
  "chest-ct": chestCtKind,
  luna: lunaKind,
  "pe-cad": peCadKind,
  lidc: lidcKind,
  lits: litsKind,
  brats: bratsKind,
};

/** Names of all kinds of phantoms. */
export const PHANTOM_KINDS: readonly PhantomKindName[] = Object.keys(KINDS) as PhantomKindName[];

/** Options of {@link phantomSet}. */
export interface PhantomKindOptions extends PhantomSetOptions, KindOptions {
  readonly kind: PhantomKindName;
  /** Images of each patient. @defaultValue 1; 4 candidates for "luna" and "pe-cad" */
  readonly studies?: number;
}

/**
 * Phantoms in the shape of a data set: same kind of image, labels and masks, drawn from the seed. Image
 * i is study `i mod studies` of patient `first + ⌊i / studies⌋`.
 *
 * | kind | image | labels | mask |
 * | --- | --- | --- | --- |
 * | `chest-xray14` | 256 × 256, 8-bit | 14 findings | |
 * | `chexpert` | 256 × 256, 8-bit | 14 observations, some uncertain or unmentioned (NaN) | |
 * | `siim-acr` | 256 × 256, 8-bit | pneumothorax | 1 pneumothorax |
 * | `montgomery` | 256 × 256, 8-bit | tuberculosis | 1 left, 2 right lung |
 * | `chest-ct` | 32 × 64 × 64, HU, the whole chest | | 1 left, 2 right lung |
 * | `luna` | 32 × 64 × 64, HU, 1 mm | nodule | 1 nodule |
 * | `pe-cad` | 64 × 64 × 64, HU, 1 mm, contrast | embolus | 1 embolus |
 * | `lidc` | 32 × 64 × 64, HU, 1 mm | | 1 nodule |
 * | `lits` | 32 × 64 × 64, HU, contrast | | 1 liver, 2 lesion |
 * | `brats` | 32 × 64 × 64, FLAIR | | 1 core, 2 oedema, 4 enhancing tumour |
 *
 * @throws DataError for a kind that there is not.
 */
export function phantomSet(options: PhantomKindOptions): ImageSet {
  const kind = KINDS[options.kind] as ((options: KindOptions) => PhantomKind) | undefined;
  if (kind === undefined) {
    throw new DataError(
      `There are no phantoms of kind ${options.kind}, only ${PHANTOM_KINDS.join(", ")}.`,
    );
  }
  return {
    ...setOf(kind(options), `${options.kind} phantoms`, options),
    source: { name: "phantomSet", args: [options] },
  };
}

/**
 * Phantom X-rays with the findings of {@link PHANTOM_LABELS}, each with probability 0.25, every image of
 * another patient.
 */
export function phantomChestXrays(options: PhantomSetOptions): ImageSet {
  return {
    ...setOf(usualXrays(), "phantom X-rays", { ...options, studies: 1 }),
    source: { name: "phantomChestXrays", args: [options] },
  };
}

function setOf(
  kind: PhantomKind,
  noun: string,
  options: PhantomSetOptions & { readonly studies?: number },
): ImageSet {
  const { count, seed, first = 0, size, studies = kind.studies ?? 1 } = options;
  const usual = shapeOf(kind, size);
  const keyOf = (index: number): PhantomKey => ({
    seed,
    index: first + Math.floor(index / studies),
    study: index % studies,
  });
  const drawn = rememberLast((index: number, shape: readonly number[]) =>
    kind.draw(keyOf(index), shape),
  );
  const read: ImageSet["read"] = async (index, side) => {
    if (kind.spatialRank === 3 || side === undefined) return drawn(index, usual).scan;
    const width = size === undefined ? side : Math.min(side, ...usual);
    return drawn(index, [width, width]).scan;
  };
  const { labels, labelNames, maskNames } = kind;
  return {
    name: `${count} ${noun}`,
    length: count,
    spatialRank: kind.spatialRank,
    id: (index) => {
      const { index: patient, study } = keyOf(index);
      return studies === 1 ? `phantom-${patient}` : `phantom-${patient}-${study}`;
    },
    patient: (index) => String(keyOf(index).index),
    read,
    boxes: (index) => drawn(index, usual).boxes,
    ...(labels === undefined ? {} : { labels: (index) => labels(keyOf(index)) }),
    ...(labelNames === undefined ? {} : { labelNames }),
    ...(maskNames === undefined
      ? {}
      : { maskNames, mask: async (index) => drawn(index, usual).mask }),
  };
}

function shapeOf(
  kind: PhantomKind,
  size: number | readonly number[] | undefined,
): readonly number[] {
  const shape =
    size === undefined ? kind.shape : typeof size === "number" ? kind.shape.map(() => size) : size;
  const good =
    shape.length === kind.spatialRank && shape.every((n) => Number.isInteger(n) && n > 7);
  if (!good || (kind.spatialRank === 2 && shape[0] !== shape[1])) {
    const wanted = kind.spatialRank === 2 ? "one whole number" : "[depth, height, width]";
    throw new DataError(`The size of these phantoms is ${wanted} above 7, got ${String(size)}.`);
  }
  return shape;
}

/** An image, its mask and its boxes are asked for one after the other: the last is kept. */
function rememberLast(
  draw: (index: number, shape: readonly number[]) => Drawn,
): (index: number, shape: readonly number[]) => Drawn {
  let last: { readonly key: string; readonly drawn: Drawn } | undefined;
  return (index, shape) => {
    const key = `${index} ${shape.join()}`;
    if (last?.key !== key) last = { key, drawn: draw(index, shape) };
    return last.drawn;
  };
}
