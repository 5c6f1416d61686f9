import {
  DATA_SET_KINDS,
  dataSetKind,
  type ImageSet,
  openDataSet,
  type OpenDataSetOptions,
} from "@dira/data";
import { didYouMean } from "../did-you-mean.ts";
import type { FinetuneConfig } from "../finetuning/config.ts";
import { layoutOptionsOf } from "../finetuning/open-task-data.ts";
import { openScans } from "../pretraining/open-scans.ts";
import { UsageError } from "../usage-error.ts";

/** What says which images of the training data count, and what is true of them, not how images are read. */
const OF_TRAINING: ReadonlySet<string> = new Set(["classes", "lists", "missing", "testOn"]);

function readingOptionsOf(config: FinetuneConfig): object {
  const options = Object.entries(layoutOptionsOf(config));
  return Object.fromEntries(options.filter(([name]) => !OF_TRAINING.has(name)));
}

/**
 * All images of a folder that a fine-tuned network is to tell something of. Masks of volumes are predicted of whole scans,
 * also where the layout cuts cubes; labels of the cubes. In the task's own layout the run's options hold.
 *
 * @throws UsageError for an unknown layout, and images of another rank than the network takes.
 */
export function openFolder(
  folder: string,
  config: FinetuneConfig,
  kind: string | undefined,
): ImageSet {
  const { layout, spatialRank, target } = config;
  if (kind !== undefined && !(DATA_SET_KINDS as readonly string[]).includes(kind)) {
    throw new UsageError(`--kind: there is no \`${kind}\`.${didYouMean(kind, DATA_SET_KINDS)}`);
  }
  const found = kind ?? dataSetKind(folder);
  const whole = spatialRank === 3 && target.kind === "masks" && ["luna16", "lidc-idri"].includes(found); // prettier-ignore
  const options = {
    ...(found === layout && readingOptionsOf(config)),
    ...(found === "folder" ? { spatialRank } : {}),
    kind: found,
  } as unknown as OpenDataSetOptions;
  const set = whole ? openScans(folder, { kind: found }) : openDataSet(folder, options);
  if (set.spatialRank === spatialRank) return set;
  throw new UsageError(
    `${folder} holds ${set.spatialRank === 3 ? "volumes" : "images"} (${found}), and the run was trained on ${spatialRank === 3 ? "volumes" : "images"}. Name another folder, or another run.`,
  );
}
