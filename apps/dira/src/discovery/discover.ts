import { join } from "node:path";
import { makeFolder } from "@dira/data";
import { createRandom } from "@dira/random";
import { onInterrupt, type RunFolder } from "@dira/training/node";
import { type Cohort, discoverWord, type WordOptions } from "@dira/visual-words";
import { openWordSet } from "@dira/visual-words/node";
import { endInterrupted } from "../end-interrupted.ts";
import { startRunEngine } from "../run-engine.ts";
import { checkRun, withRunFolder } from "../run-folder.ts";
import { volumeAutoEncoder } from "./auto-encoder.ts";
import type { DiscoveryConfig } from "./config.ts";
import { extractPatientFeatures, type PatientFeatures, readFeatures } from "./features.ts";
import { type AllPatients, notePatients, openPatients, type Patients } from "./patients.ts";
import { makeThumbnails, type Thumbnails } from "./thumbnails.ts";
import { trainAutoEncoder } from "./train-auto-encoder.ts";

/**
 * Discovers visual words: reads every volume once, trains an auto-encoder on them whole, takes each
 * patient's features, then finds the words one by one. Whatever is done is kept, so that a run that was
 * killed goes on where it was, and ends with the same words, bit for bit on the same engine and machine.
 *
 * @returns whether all words are there; not, when it was interrupted.
 */
export async function discover(
  config: DiscoveryConfig,
  out: string,
  resume: boolean,
): Promise<boolean> {
  const { engine: _, ...decisive } = config;
  const options = { config: decisive, resume };
  checkRun(out, options);
  const patients = openPatients(config);
  const engine = await startRunEngine(config.engine, out, resume);
  makeFolder(out);
  const interrupt = onInterrupt();
  try {
    return await withRunFolder(out, { ...options, engine }, async (run) => {
      await notePatients(out, patients);
      const thumbnails = await makeThumbnails(out, patients, config);
      const [train, val] = [thumbnails.train.usable.length, thumbnails.val.usable.length];
      console.log(`data: ${patients.name}, ${train} patients to train, ${val} held out`);
      const shared = { config, run, patients, thumbnails, signal: interrupt.signal };
      const features = await featuresOf(shared);
      const done = features !== undefined && (await findWords(shared, features));
      if (!done) endInterrupted("what is done is saved");
      return done;
    });
  } finally {
    interrupt.dispose();
  }
}

interface Discovery {
  readonly config: DiscoveryConfig;
  readonly run: RunFolder;
  readonly patients: AllPatients;
  readonly thumbnails: { readonly train: Thumbnails; readonly val: Thumbnails };
  readonly signal: AbortSignal;
}

/** Those of the run, or else of an auto-encoder trained now; undefined when it was interrupted. */
async function featuresOf(discovery: Discovery): Promise<PatientFeatures | undefined> {
  const { config, run, thumbnails, signal } = discovery;
  const there = readFeatures(run.path);
  if (there !== undefined) return there;
  const { width, levels } = config.autoEncoder;
  const random = createRandom(config.seed, "auto-encoder");
  const network = volumeAutoEncoder({ width, levels, random });
  if (await trainAutoEncoder({ config, network, run, ...thumbnails, signal })) return undefined;
  return extractPatientFeatures(run.path, network, thumbnails, config);
}

/** Finds the words that are not there yet. @returns whether all are. */
async function findWords(discovery: Discovery, features: PatientFeatures): Promise<boolean> {
  const { config, run, patients, thumbnails, signal } = discovery;
  const cohorts = {
    train: cohortOf(patients.train, thumbnails.train, features.train),
    val: cohortOf(patients.val, thumbnails.val, features.val),
  };
  const { neighbours, heldNeighbours } = config;
  const most = [cohorts.train.patients.length, cohorts.val.patients.length] as const;
  if (neighbours > most[0] || heldNeighbours > most[1]) {
    const used = [Math.min(neighbours, most[0]), Math.min(heldNeighbours, most[1])];
    console.log(
      `words: ${used[0]} nearest patients to train and ${used[1]} held out, of ${neighbours} and ${heldNeighbours} asked for`,
    );
  }
  const options = wordOptions(config);
  const folder = join(run.path, "words");
  const set = openWordSet(folder, options);
  const found = set.index.words.length;
  if (found > 0) console.log(`words: resumed at word ${found} of ${config.words}`);
  for (let k = found; k < config.words; k += 1) {
    if (signal.aborted) return false;
    const discovered = await discoverWord(k, cohorts, options, set.index.words);
    await set.add(discovered);
    const { reference, coordinate, train, val } = discovered.word;
    console.log(
      `word ${k + 1} of ${config.words}: at ${coordinate.join(", ")} of ${reference}, in ${train.length} patients to train, ${val.length} held out`,
    );
  }
  console.log(`done: ${config.words} visual words are in ${folder}`);
  return true;
}

function cohortOf(
  { names, read }: Patients,
  { usable }: Thumbnails,
  features: readonly Float32Array[],
): Cohort {
  const at = (i: number): number => usable[i] as number;
  return { patients: usable.map((i) => names[i] as string), features, read: (i) => read(at(i)) };
}

/** The part of a configuration that words depend on. */
function wordOptions(config: DiscoveryConfig): WordOptions {
  const { seed, cube, neighbours, heldNeighbours, resolutions, window } = config;
  const { spacing, borderVoxels, borderShare, tissue, tissueFrom } = config;
  return {
    ...{ seed, cube, neighbours, heldNeighbours, resolutions, window },
    ...{ spacing, borderVoxels, borderShare, tissue, tissueFrom },
  };
}
