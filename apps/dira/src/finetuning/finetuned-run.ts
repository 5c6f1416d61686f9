import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkpointFolder, loadState } from "@dira/training/node";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";
import { checkFinetune, type FinetuneConfig } from "./config.ts";
import { buildNetwork, type TaskNetwork } from "./network.ts";

/** What `dira finetune` left in its folder. */
export interface FinetunedRun extends TaskNetwork {
  readonly config: FinetuneConfig;
  /** Labels or structures, one per output of the network. */
  readonly names: readonly string[];
}

/** Names of a run's outputs, which its configuration may leave to the data. */
export const outputsOf = (run: string): string => join(run, "outputs.json");

/** Whether a folder is a run of `dira finetune`, not of pre-training. */
export function isFinetunedRun(run: string): boolean {
  const path = join(run, "config.json");
  if (!existsSync(path)) return false;
  return "task" in (JSON.parse(readFileSync(path, "utf8")) as object);
}

/** What a run of `dira finetune` was trained for. @throws UsageError when the folder holds no such run. */
export function readFinetunedRun(run: string): Omit<FinetunedRun, keyof TaskNetwork> {
  const configPath = join(run, "config.json");
  const missing = [configPath, outputsOf(run)].find((path) => !existsSync(path));
  if (missing !== undefined || !isFinetunedRun(run)) {
    throw new UsageError(
      `${run}: ${missing === undefined ? "it is a run of pre-training" : `there is no ${missing}`}. Give the folder of a run of dira finetune that has ended an epoch.`,
    );
  }
  const { provenance: _, ...decisive } = JSON.parse(readFileSync(configPath, "utf8")) as object & {
    provenance?: unknown;
  };
  // A run may be used with another engine than it was trained with, so its configuration names none.
  const config = checkFinetune({ engine: "auto", workers: 1, cache: null, ...decisive });
  const names = z
    .array(z.string())
    .min(1)
    .parse(JSON.parse(readFileSync(outputsOf(run), "utf8")));
  return { config, names };
}

/** Which weights of a run: those of its best epoch, or of its last. */
export type FinetunedCheckpoint = "best" | "last";

/**
 * The network of a run of `dira finetune`; with the weights of its best epoch, if no others are asked for.
 *
 * @throws UsageError when the folder holds no such run, or none that has ended an epoch.
 */
export function openFinetunedRun(
  run: string,
  checkpoint: FinetunedCheckpoint = "best",
): FinetunedRun {
  const { config, names } = readFinetunedRun(run);
  const path = checkpointFolder(join(run, "checkpoints"))[checkpoint];
  if (!existsSync(path)) {
    throw new UsageError(
      `${run}: there is no ${path}. Give the folder of a run of dira finetune that has ended an epoch.`,
    );
  }
  const built = buildNetwork({ ...config, init: { ...config.init, weights: null } }, names.length);
  const { parameters, buffers } = built.network;
  const { missing } = loadState(path, { parameters, buffers }, { subset: true });
  if (missing.length > 0) {
    throw new UsageError(
      `${path} lacks ${missing.length} of the network's tensors: ${missing[0]}.`,
    );
  }
  return { ...built, config, names };
}
