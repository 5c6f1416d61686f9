import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ImageSet, phantomSet, reorient, type Scan, subset } from "@dira/data";
import { createRandom } from "@dira/random";
import { writeAtomically } from "@dira/training/node";
import { UsageError } from "../usage-error.ts";
import { openScans } from "../pretraining/open-scans.ts";
import type { DiscoveryConfig } from "./config.ts";

/** Patients with one volume each. */
export interface Patients {
  readonly names: readonly string[];
  /**
   * A patient's volume: axes z to the head, y to the back, x to the left.
   *
   * @throws ImageError, UsageError when it can't be read, or the cube does not fit.
   */
  read(patient: number): Promise<Scan>;
  /** Says which file it is and whether it has changed. */
  stamp(patient: number): Promise<string>;
}

/** Training and held-out patients. */
export interface AllPatients {
  readonly name: string;
  readonly train: Patients;
  readonly val: Patients;
}

/** Share of the patients that are held out, where the data set does not say which. */
const HELD = 1 / 8;

/**
 * The patients of a configuration: a folder's, or phantoms. A patient's first volume counts. Data sets
 * with splits of their own keep them; else the seed draws every eighth patient as held out.
 *
 * @throws UsageError when the folder holds images, or no patients to train with or to hold out.
 */
export function openPatients(config: DiscoveryConfig): AllPatients {
  const set = config.data === null ? phantoms(config) : volumesIn(config.data, config);
  if (set.spatialRank !== 3) {
    throw new UsageError(`${set.name} holds images, and words are discovered in volumes.`);
  }
  const split = (name: "train" | "val"): ImageSet => volumesIn(config.data ?? "", config, name);
  const own =
    !UNDIVIDED.includes(set.layout) && ["train", "val"].every((n) => set.splits?.includes(n));
  const [train, val] = own ? [firsts(split("train")), firsts(split("val"))] : divided(set, config);
  if (train.length < 1 || val.length < 1) {
    throw new UsageError(
      `${set.name} has ${train.length} patients to train and ${val.length} held out; at least 1 each is needed.`,
    );
  }
  return { name: set.name, train: patientsOf(train, config), val: patientsOf(val, config) };
}

function phantoms({ phantoms: count, phantomSize: size, seed }: DiscoveryConfig): ImageSet {
  return phantomSet({ kind: "chest-ct", count, seed, size });
}

function volumesIn(folder: string, { kind }: DiscoveryConfig, split?: "train" | "val"): ImageSet {
  const own = { ...(kind !== null && { kind }), ...(split && { split }) };
  return openScans(folder, { spatialRank: 3, ...own });
}

/** Layouts without patients or with splits by number alone: the seed draws who is held out. */
const UNDIVIDED: readonly (string | undefined)[] = [undefined, "folder"];

/** The first volume of each patient. */
function firsts(set: ImageSet): ImageSet {
  const all = Array.from({ length: set.length }, (_, i) => i);
  const name = (i: number): string => set.patient?.(i) ?? set.id(i);
  const seen = new Set<string>();
  return subset(
    set,
    all.filter((i) => !seen.has(name(i)) && seen.add(name(i))),
  );
}

function divided(set: ImageSet, { seed }: DiscoveryConfig): [ImageSet, ImageSet] {
  const one = firsts(set);
  const order = [...createRandom(seed, "held-out").permutation(one.length)];
  const held = Math.max(1, Math.round(one.length * HELD));
  const rising = (a: number, b: number): number => a - b;
  return [
    subset(one, order.slice(held).sort(rising)),
    subset(one, order.slice(0, held).sort(rising)),
  ];
}

function patientsOf(set: ImageSet, { cube }: DiscoveryConfig): Patients {
  const all = Array.from({ length: set.length }, (_, i) => i);
  return {
    names: all.map((i) => set.patient?.(i) ?? set.id(i)),
    read: async (i) => {
      const stored = await set.read(i);
      const scan = stored.shape.length === 3 ? reorient(stored) : stored;
      const { shape } = scan;
      if (shape.length !== 3) {
        throw new UsageError(
          `${set.id(i)}: expected one volume, it has ${shape.length} axes (${shape.join(" × ")}): several time points or channels. Split it into volumes, or leave it out.`,
        );
      }
      if (cube.every((n, axis) => n <= (shape[axis] as number))) return scan;
      throw new UsageError(
        `${set.id(i)}: its ${shape.join(" × ")} voxels (depth, height, width) are fewer than the cube's ${cube.join(" × ")}. Choose a smaller --cube, or leave it out.`,
      );
    },
    stamp: async (i) => (await set.stamp?.(i)) ?? set.id(i),
  };
}

/**
 * Notes which volumes a run uses, in its `volumes.json`, so that it can't go on with others.
 *
 * @throws UsageError when the run was started with others.
 */
export async function notePatients(folder: string, { train, val }: AllPatients): Promise<void> {
  const path = join(folder, "volumes.json");
  const told = async ({ names, stamp }: Patients): Promise<object[]> =>
    Promise.all(names.map(async (patient, i) => ({ patient, volume: await stamp(i) })));
  const text = `${JSON.stringify({ train: await told(train), val: await told(val) }, null, 2)}\n`;
  if (!existsSync(path)) writeAtomically(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    throw new UsageError(
      `--resume: the volumes are not those that the run was started with (see ${path}). Put them back, or start anew with another --out.`,
    );
  }
}
