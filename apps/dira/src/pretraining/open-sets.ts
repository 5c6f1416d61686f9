import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type ImageSet, phantomSet, phantomXrays } from "@dira/data";
import { isWordSet, openWordSet, wordCubes } from "@dira/visual-words/node";
import type { Config } from "../config/index.ts";
import { UsageError } from "../usage-error.ts";
import { openScans } from "./open-scans.ts";

/** Training and held-out images. */
export type Sets = readonly [train: ImageSet, val: ImageSet];

/** Where the visual words of a run on phantoms are. */
export function phantomWordsOf(run: string): string {
  return `${resolve(run)}-words`;
}

/**
 * The images of a configuration: a folder's, or phantoms. Where the objective classifies visual words, phantoms are those
 * discovered in phantom CTs, beside the run.
 *
 * @throws UsageError when they have another rank than the recipe.
 */
export function openSets(config: Config, run: string): Sets {
  const sets = config.data === null ? phantoms(config, run) : folder(config.data);
  const [{ name, layout = "folder", spatialRank }] = sets;
  if (spatialRank === config.spatialRank) return sets;
  throw new UsageError(
    spatialRank === 3
      ? `${name} holds volumes (${layout}), and the recipe is 2D. Use a folder of images, or a recipe for volumes: --recipe dira-3d-transvw.`
      : `${name} holds images (${layout}), and the recipe is 3D. Use a folder of volumes or visual words, or a recipe for images: --recipe dira-2d-moco.`,
  );
}

function folder(path: string): Sets {
  const words = [path, join(path, "words")].find(isWordSet);
  if (words !== undefined) checkComplete(words);
  const open = (split: "train" | "val"): ImageSet =>
    words === undefined ? openScans(path, { split }) : wordCubes(words, { split });
  return [open("train"), open("val")];
}

/** @throws UsageError for words of a discovery that has not come to its end. */
function checkComplete(words: string): void {
  const config = join(dirname(words), "config.json");
  if (!existsSync(config)) return;
  const { words: wanted } = JSON.parse(readFileSync(config, "utf8")) as { words?: unknown };
  const found = openWordSet(words).index.words.length;
  if (typeof wanted !== "number" || found >= wanted) return;
  throw new UsageError(
    `${words} has ${found} of the ${wanted} words that were asked for. Let it be finished: dira discover --resume with the same options.`,
  );
}

function phantoms(config: Config, run: string): Sets {
  const { phantoms: count, seed, spatialRank, phantomSize: size, objective } = config;
  const held = Math.max(2, Math.round(count / 8));
  const parts = [{ count }, { count: held, first: count }] as const;
  if (spatialRank === 2) {
    const [train, val] = parts.map((part) => phantomXrays({ ...part, seed }));
    return [train, val] as unknown as Sets;
  }
  if (objective.kind === "trans-vw") {
    const words = phantomWordsOf(run);
    if (existsSync(words)) return folder(words);
    throw new UsageError(`The visual words of ${run} are not at ${words}. Put them back.`);
  }
  const [train, val] = parts.map((part) => phantomSet({ kind: "chest-ct", ...part, seed, size }));
  return [train, val] as unknown as Sets;
}
