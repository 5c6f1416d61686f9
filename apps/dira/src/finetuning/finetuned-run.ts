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

/**
 * The network of a run of `dira finetune`, with the weights of its best epoch.
 *
 * @throws UsageError when the folder holds no such run, or none that has ended an epoch.
 */
export function openFinetunedRun(run: string): FinetunedRun {
  const [configPath, { best }] = [
    join(run, "config.json"),
    checkpointFolder(join(run, "checkpoints")),
  ];
  const missing = [configPath, outputsOf(run), best].find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new UsageError(
      `${run}: there is no ${missing}. Give the folder of a run of dira finetune that has ended an epoch.`,
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
  const built = buildNetwork({ ...config, init: { ...config.init, weights: null } }, names.length);
  const { parameters, buffers } = built.network;
  const { missing: absent } = loadState(best, { parameters, buffers }, { subset: true });
  if (absent.length > 0)
    throw new UsageError(`${best} lacks ${absent.length} of the network's tensors: ${absent[0]}.`);
  return { ...built, config, names };
}
