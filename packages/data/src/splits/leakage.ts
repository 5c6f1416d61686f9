import type { ImageCache } from "../cache/image-cache.ts";
import { DataError, type Scan } from "../image.ts";
import { correlation, detailOf } from "./detail.ts";
import { nearPairs, perceptualHash } from "./perceptual-hash.ts";

/** An image of a split. */
export interface SplitImage {
  readonly split: string;
  readonly id: string;
}

/** What splits have in common that they must not. */
export interface Leakage {
  readonly patients: readonly { readonly patient: string; readonly splits: readonly string[] }[];
  /** Images of two splits that are copies, and how well their fine detail correlates. */
  readonly duplicates: readonly {
    readonly a: SplitImage;
    readonly b: SplitImage;
    readonly correlation: number;
  }[];
}

/** Bits of 256 by which the hashes of copies may differ. */
const NEAR = 12;

/**
 * Correlation of the fine detail above which two images are copies. On 750 X-rays of ChestX-ray14,
 * other sizes, JPEG, gamma and equalised histograms reached 0.96 and more, the most similar images of
 * other patients 0.32.
 */
const ALIKE = 0.9;

/**
 * The same of volumes: small scans are smooth, and lie alike, so that different patients' pass 0.9. This finds the same
 * scan in other intensities or another format, not at another size.
 */
const ALIKE_VOLUMES = 0.999;

/**
 * Pairs of images that are copies of each other, within splits and across: in another size, format,
 * brightness or contrast. Crops are not found. A hash of each image finds candidates, the correlation
 * of their fine detail decides.
 */
export async function findNearDuplicates(
  splits: Readonly<Record<string, ImageCache>>,
): Promise<Leakage["duplicates"]> {
  const images: (SplitImage & { readonly scan: () => Promise<Scan> })[] = [];
  const volumes = Object.values(splits).some(({ set }) => set.spatialRank === 3);
  const hashes: Uint16Array[] = [];
  for (const [split, cache] of Object.entries(splits)) {
    for (const index of cache.usable) {
      const scan = (): Promise<Scan> => cache.get(index);
      images.push({ split, id: cache.set.id(index), scan });
      hashes.push(perceptualHash(await scan()));
    }
  }
  const found: Leakage["duplicates"][number][] = [];
  for (const pair of nearPairs(hashes, NEAR)) {
    const [a, b] = [images[pair.a], images[pair.b]] as [(typeof images)[0], (typeof images)[0]];
    const alike = correlation(detailOf(await a.scan()), detailOf(await b.scan()));
    if (alike > (volumes ? ALIKE_VOLUMES : ALIKE)) {
      const [one, other] = [a, b].map(({ split, id }) => ({ split, id })) as [
        SplitImage,
        SplitImage,
      ];
      found.push({ a: one, b: other, correlation: alike });
    }
  }
  return found;
}

/** Looks for patients and near-duplicate images that splits share. */
export async function findLeakage(splits: Readonly<Record<string, ImageCache>>): Promise<Leakage> {
  const alike = await findNearDuplicates(splits);
  return {
    patients: sharedPatients(splits),
    duplicates: alike.filter(({ a, b }) => a.split !== b.split),
  };
}

function sharedPatients(splits: Readonly<Record<string, ImageCache>>): Leakage["patients"] {
  const found = new Map<string, Set<string>>();
  for (const [split, { set, usable }] of Object.entries(splits)) {
    for (const index of set.patient === undefined ? [] : usable) {
      const patient = set.patient?.(index) as string;
      found.set(patient, (found.get(patient) ?? new Set()).add(split));
    }
  }
  return [...found]
    .filter(([, names]) => names.size > 1)
    .map(([patient, names]) => ({ patient, splits: [...names] }));
}

/** What a leakage says, in one sentence; undefined where there is none. */
export function describeLeakage({ patients, duplicates }: Leakage): string | undefined {
  const parts = [];
  const [patient] = patients;
  if (patient !== undefined) {
    parts.push(
      `${patients.length} patients are in more than one split (${patient.patient} in ${patient.splits.join(" and ")}${patients.length > 1 ? ", …" : ""})`,
    );
  }
  const [pair] = duplicates;
  if (pair !== undefined) {
    const said = `${pair.a.split}: ${pair.a.id} and ${pair.b.split}: ${pair.b.id}`;
    parts.push(
      `${duplicates.length} pairs of images are copies across splits (${said}${duplicates.length > 1 ? ", …" : ""})`,
    );
  }
  return parts.length === 0 ? undefined : `${parts.join("; ")}.`;
}

/** @throws DataError when splits share patients or near-duplicate images. */
export async function refuseLeakage(splits: Readonly<Record<string, ImageCache>>): Promise<void> {
  const found = describeLeakage(await findLeakage(splits));
  if (found === undefined) return;
  throw new DataError(
    `The splits leak: ${found} Figures on the held-out split would be too good. Split by patient and remove copies.`,
  );
}
