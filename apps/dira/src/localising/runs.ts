import { existsSync } from "node:fs";
import type { ImageSet, Split } from "@dira/data";
import type { Classifier } from "@dira/transfer";
import { didYouMean } from "../did-you-mean.ts";
import type { FinetuneConfig } from "../finetuning/config.ts";
import { openFinetunedRun } from "../finetuning/finetuned-run.ts";
import { patientOf } from "../finetuning/measure.ts";
import { openTaskSet } from "../finetuning/open-task-data.ts";
import { TASKS } from "../finetuning/tasks.ts";
import { UsageError } from "../usage-error.ts";

/** A fine-tuned run and the images that it is scored on. */
export interface LabelRun {
  readonly path: string;
  readonly config: FinetuneConfig;
  readonly names: readonly string[];
  readonly classifier: Classifier;
  readonly set: ImageSet;
  /** What it was trained on; undefined where that is not there any more. */
  readonly train: ImageSet | undefined;
}

/** Which images runs are scored on. */
export interface ImageChoice {
  /** Another folder of the run's layout than its own. */
  readonly data?: string | undefined;
  readonly split: Split;
}

/**
 * Opens a run of a task of labels, and the images of its own split, or another folder's.
 *
 * @throws UsageError for a run of masks, and as {@link openFinetunedRun} does.
 */
export function openLabelRun(path: string, { data, split }: ImageChoice): LabelRun {
  const { config, names, classifier } = openFinetunedRun(path);
  if (classifier === undefined) {
    const tasks = Object.values(TASKS).filter(({ target }) => target.kind === "labels");
    throw new UsageError(
      `${path} tells ${names.join(", ")} by masks (task ${config.task}); heat maps are of labels. Give a run of ${tasks.map(({ task }) => task).join(", ")}, or test this one by its masks.`,
    );
  }
  const set = openTaskSet({ ...config, data: data ?? config.data }, split);
  return { path, config, names, classifier, set, train: trainingSet(path, config) };
}

/** Undefined, and said so, where the run's data are not there any more. */
function trainingSet(path: string, config: FinetuneConfig): ImageSet | undefined {
  if (config.data === null || existsSync(config.data)) return openTaskSet(config, "train");
  console.warn(
    `warning: ${path} was trained on ${config.data}, which is not there: whether its patients are among those that are scored can't be checked, and the centre box has a fixed size.`,
  );
  return undefined;
}

/** All patients of a set. */
function patientsOf(set: ImageSet): Set<string> {
  return new Set(Array.from({ length: set.length }, (_, image) => patientOf(set, image)));
}

/**
 * Refuses runs whose figures put together would say too much: of patients that the run itself was trained on, and of
 * patients that two runs are scored on.
 *
 * @throws UsageError naming a patient.
 */
export function checkApart(runs: readonly LabelRun[], given: string | undefined): void {
  const scored = new Map<string, string>();
  const [{ config: first, path: firstPath }] = runs as [LabelRun];
  for (const { path, config, set, train } of runs) {
    if (config.layout !== first.layout) {
      throw new UsageError(
        `${firstPath} is of ${first.layout}, ${path} of ${config.layout}; runs that are put together are folds of one data set.`,
      );
    }
    const patients = patientsOf(set);
    // Phantoms are drawn: those of a folder are others than the run's own.
    const trained =
      train === undefined || (config.data === null && given !== undefined)
        ? new Set<string>()
        : patientsOf(train);
    const both = [...patients].filter((patient) => trained.has(patient));
    if (both.length > 0) {
      throw new UsageError(
        `${path} was trained on ${both.length} of the patients that it would be scored on (${both[0]}). Score it on its test split.`,
      );
    }
    for (const patient of patients) {
      const other = scored.get(patient);
      if (other !== undefined) {
        throw new UsageError(
          `Patient ${patient} is in the images of both ${other} and ${path}. Runs that are put together are folds, each with test patients of its own; score runs of one split one by one.`,
        );
      }
      scored.set(patient, path);
    }
  }
}

/**
 * The labels that are scored: those given, or all of the runs'.
 *
 * @throws UsageError for a name that a run does not know.
 */
export function labelsOf(runs: readonly LabelRun[], given: readonly string[]): readonly string[] {
  const known = (runs[0] as LabelRun).names;
  for (const { path, names } of runs) {
    const missing = (given.length === 0 ? known : given).find((name) => !names.includes(name));
    if (missing === undefined) continue;
    throw new UsageError(`${path} has no label \`${missing}\`.${didYouMean(missing, names)}`);
  }
  return given.length === 0 ? known : given;
}
