import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/index.ts";
import { phantomWordsOf } from "../pretraining/open-sets.ts";
import { UsageError } from "../usage-error.ts";
import { checkDiscovery, PHANTOM_DISCOVERY } from "./config.ts";
import { discover } from "./discover.ts";

/** How many, where the objective does not say; TransVW's 44 would need more patients than there are phantoms. */
const WORDS = 8;

/**
 * Discovers the visual words that a run without data trains on, beside the run, or goes on with it; nothing for other runs.
 * The auto-encoder is small and trains shortly: phantoms are alike.
 *
 * @returns whether they are all there.
 */
export async function discoverPhantomWords(config: Config, run: string): Promise<boolean> {
  const { data, objective, phantoms, phantomSize, size: cube, seed, engine } = config;
  if (data !== null || objective.kind !== "trans-vw") return true;
  const out = phantomWordsOf(run);
  console.log(`words: none are given, so phantoms' are discovered, in ${out}`);
  const volume = phantomSize.map((side) => 8 * Math.max(1, Math.round(side / 16)));
  const autoEncoder = { ...PHANTOM_DISCOVERY.autoEncoder, volume, width: 8, steps: 60, batch: 4 };
  const words = objective.words ?? WORDS;
  const own = { phantoms, phantomSize, cube, seed, engine, words, neighbours: 24, autoEncoder };
  const there = existsSync(join(out, "config.json"));
  try {
    return await discover(checkDiscovery({ ...PHANTOM_DISCOVERY, ...own }), out, there);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (!why.startsWith("--resume:")) throw error;
    throw new UsageError(
      `The words in ${out} are of another run (${why}). Remove that folder, or choose another --out.`,
    );
  }
}
