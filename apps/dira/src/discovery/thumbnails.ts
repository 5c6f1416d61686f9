import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "@dira/data";
import { decodeSafetensors, encodeSafetensors } from "@dira/nn";
import { writeAtomically } from "@dira/training/node";
import { cutCube } from "@dira/visual-words";
import { UsageError } from "../usage-error.ts";
import type { DiscoveryConfig } from "./config.ts";
import type { AllPatients, Patients } from "./patients.ts";

/** Patients whose volumes could be used, small enough for the auto-encoder. */
export interface Thumbnails {
  /** Numbers of the patients. */
  readonly usable: readonly number[];
  /** The whole volume of the so manyth usable patient in [0, 1], resized. */
  read(at: number): Float32Array;
}

/**
 * Reads every volume once, windows and resizes it whole, and keeps it in the run's folder, so that
 * training reads no CT again. Those that can't be used are told and left out.
 *
 * @throws UsageError when they are more than the configuration allows, or too few are left.
 */
export async function makeThumbnails(
  folder: string,
  { train, val }: AllPatients,
  config: DiscoveryConfig,
): Promise<{ readonly train: Thumbnails; readonly val: Thumbnails }> {
  const parts = {
    train: await thumbnailsOf(folder, "train", train, config),
    val: await thumbnailsOf(folder, "val", val, config),
  };
  const refused = [...parts.train.refused, ...parts.val.refused];
  const all = train.names.length + val.names.length;
  for (const reason of refused) console.warn(`warning: left out: ${reason}`);
  if (refused.length > all * config.maxUnreadable) {
    throw new UsageError(
      `${refused.length} of ${all} volumes can't be used, the first: ${refused[0]} Put them right or leave them out, or allow a larger share by --set maxUnreadable=${Math.ceil((100 * refused.length) / all) / 100}.`,
    );
  }
  if (parts.train.usable.length >= 1 && parts.val.usable.length >= 1) return parts;
  throw new UsageError(
    `${parts.train.usable.length} volumes are left to train and ${parts.val.usable.length} held out; at least 1 each is needed.`,
  );
}

async function thumbnailsOf(
  folder: string,
  split: string,
  patients: Patients,
  { autoEncoder: { volume }, window }: DiscoveryConfig,
): Promise<Thumbnails & { readonly refused: readonly string[] }> {
  const path = makeFolder(join(folder, "thumbnails"));
  const fileOf = (i: number, kind: string): string =>
    join(path, `${split}-${String(i).padStart(5, "0")}.${kind}`);
  const refused: string[] = [];
  const usable: number[] = [];
  for (let i = 0; i < patients.names.length; i += 1) {
    const [file, why] = [fileOf(i, "safetensors"), fileOf(i, "refused.txt")];
    if (!existsSync(file) && !existsSync(why)) {
      try {
        const scan = await patients.read(i);
        const box = { start: [0, 0, 0], size: scan.shape };
        const { data } = cutCube(scan, box, volume, window);
        const tensors = { volume: { dtype: "F32", shape: volume, data } } as const;
        writeAtomically(file, encodeSafetensors(tensors));
      } catch (error) {
        if (!(error instanceof Error && /^(Image|Usage)Error$/.test(error.name))) throw error;
        writeAtomically(why, error.message);
      }
    }
    if (existsSync(file)) usable.push(i);
    else refused.push(readFileSync(why, "utf8"));
  }
  return {
    usable,
    refused,
    read: (at) => {
      const bytes = readFileSync(fileOf(usable[at] as number, "safetensors"));
      return decodeSafetensors(bytes).tensors["volume"]?.data as Float32Array;
    },
  };
}
