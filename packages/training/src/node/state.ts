import { join } from "node:path";
import { type LoadedState, restore, saveCheckpoint } from "./checkpoint.ts";
import type { Numbers } from "./numbers.ts";
import type { Variables } from "../optimiser.ts";
import { keepAs } from "./write-atomically.ts";

/**
 * A whole training state, part by part: `encoder`, `objective.state`, `optimiser.generator`, … In the
 * file a variable is `part/name`, e.g. `optimiser.generator/exp_avg.conv1.weight`.
 */
export type StateRecords = Readonly<Record<string, Variables>>;

/** Saves a training state as {@link saveCheckpoint} does. @throws Error as it does, and for names twice. */
export function saveState(path: string, records: StateRecords, numbers: Numbers): Promise<void> {
  return saveCheckpoint(path, flatten(records), numbers);
}

/**
 * Restores a training state bit for bit.
 *
 * @param options.subset - take what both have. @defaultValue false: every name must match
 * @throws Error naming what does not fit; then nothing is changed.
 */
export function loadState(
  path: string,
  records: StateRecords,
  options: { readonly subset?: boolean } = {},
): LoadedState {
  return restore(path, flatten(records), options);
}

/** The checkpoints of a run: `last`, `best`, and one for the end of each stage. */
export interface CheckpointFolder {
  readonly last: string;
  readonly best: string;
  /** The checkpoint at the end of a stage. */
  stage(name: string): string;
  /**
   * Saves `last`, and keeps it as `best` or as a stage's end too where asked.
   *
   * @throws Error when it can't be written; the checkpoints that were there are intact then.
   */
  save(records: StateRecords, numbers: Numbers, also?: AlsoAs): Promise<void>;
}

/** What else a saved checkpoint is. */
export interface AlsoAs {
  /** @defaultValue false */
  readonly best?: boolean;
  /** Name of the stage that ends here. */
  readonly stage?: string;
}

/** Checkpoints as `<name>.safetensors` in a folder that exists. */
export function checkpointFolder(folder: string): CheckpointFolder {
  const stage = (name: string): string => join(folder, `${name}.safetensors`);
  const [last, best] = [stage("last"), stage("best")];
  return {
    last,
    best,
    stage,
    save: async (records, numbers, also = {}) => {
      await saveState(last, records, numbers);
      if (also.best === true) keepAs(last, best);
      if (also.stage !== undefined) keepAs(last, stage(also.stage));
    },
  };
}

function flatten(records: StateRecords): Variables {
  const flat = new Map<string, Variables[string]>();
  for (const [part, variables] of Object.entries(records)) {
    for (const [name, variable] of Object.entries(variables)) {
      const full = `${part}/${name}`;
      if (flat.has(full)) throw new Error(`A training state must name \`${full}\` once, got two.`);
      flat.set(full, variable);
    }
  }
  return Object.fromEntries(flat);
}
