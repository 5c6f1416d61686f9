import { join } from "node:path";
import { batchMaker, makeFolder } from "@dira/data";
import { type EngineName, startEngine } from "@dira/engine";
import { checkEngine } from "@dira/tensor";
import { writeAtomically } from "@dira/training/node";
import { provenance } from "../pretraining/provenance.ts";
import { checkReplaceableFolder } from "../check-out.ts";
import { fileNamer } from "../file-names.ts";
import { UsageError } from "../usage-error.ts";
import { type Finding, findingsOf } from "./findings.ts";
import type { HeatMapOptions } from "./heat-maps.ts";
import { checkApart, type ImageChoice, labelsOf, type LabelRun, openLabelRun } from "./runs.ts";
import { scoreRun, type ScoringOptions } from "./score-run.ts";
import type { ScoredFinding } from "./scored-finding.ts";
import { type LocalisationResult, summariseFindings } from "./summary.ts";
import { findingsTable, tableOfLabels, tableOfMetrics } from "./tables.ts";

/** Options of {@link localize}. */
export interface LocalizeOptions extends ImageChoice, HeatMapOptions {
  /** Labels that count; none for all. */
  readonly labels: readonly string[];
  readonly share: number;
  /** Pictures at most. */
  readonly overlays: number;
  readonly engine: EngineName | "auto";
  readonly out: string;
}

/**
 * Scores where fine-tuned networks see what they tell by labels alone: heat maps against boxes and masks, beside a centre box
 * and a random map, on each run's own images, all put together. Writes `localization.json`, `localization.csv` and
 * `overlays/`.
 *
 * @throws UsageError for runs of masks, patients that runs share, labels that there are not, or none with a known place.
 */
export async function localize(paths: readonly string[], options: LocalizeOptions): Promise<void> {
  const { method, out, share } = options;
  if (share === 0) throw new UsageError("--share: all of a map reaches 0; give a share above it.");
  checkReplaceableFolder(out, "localization.json");
  const engine = await startEngine(options.engine, { check: checkEngine });
  console.log(`engine: ${engine.name} (${engine.reason})`);
  const runs = paths.map((path) => openLabelRun(path, options));
  checkApart(runs, options.data);
  const labels = labelsOf(runs, options.labels);
  checkLevel(runs, options);
  const known: (readonly Finding[])[] = [];
  for (const { set, names } of runs) known.push(await findingsOf(set, names, labels));
  checkFound(runs, labels, known.flat(), options.labels.length > 0);
  const folder = join(out, "overlays");
  makeFolder(folder);
  const findings = await scoreRuns(runs, known, { ...options, folder });
  const result = summariseFindings(findings, method);
  const { out: _, engine: __, ...asked } = options;
  const said = {
    ...asked,
    labels,
    runs: paths,
    centre: centresOf(findings),
    provenance: provenance(engine),
  };
  writeAtomically(
    join(out, "localization.json"),
    `${JSON.stringify({ ...said, ...result }, null, 2)}\n`,
  );
  writeAtomically(join(out, "localization.csv"), findingsTable(findings));
  say(result, method);
  console.log(`written: ${join(out, "localization.json")}, localization.csv, overlays/`);
}

async function scoreRuns(
  runs: readonly LabelRun[],
  known: readonly (readonly Finding[])[],
  { folder, overlays, ...options }: LocalizeOptions & { readonly folder: string },
): Promise<readonly ScoredFinding[]> {
  const findings: ScoredFinding[] = [];
  const nameOf = fileNamer();
  const maker = batchMaker(Math.max(...runs.map(({ config }) => config.workers)));
  try {
    for (const [i, run] of runs.entries()) {
      const most = Math.max(0, overlays - findings.length);
      const scoring: ScoringOptions = { ...options, overlays: { folder, most, nameOf } };
      const own = await scoreRun(run, known[i] ?? [], maker, scoring);
      console.log(`${run.path}: ${own.length} findings in ${run.set.name}`);
      findings.push(...own);
    }
  } finally {
    await maker.close();
  }
  return findings;
}

/** @throws UsageError for a stage that a run's encoder has not. */
function checkLevel(runs: readonly LabelRun[], { level, method }: HeatMapOptions): void {
  if (level === undefined) return;
  if (method === "occlusion") throw new UsageError("--level is of Grad-CAM; occlusion has none.");
  for (const { path, classifier } of runs) {
    const names = classifier.encoder.stages.map(({ name }) => name);
    if (names.includes(level)) continue;
    throw new UsageError(`--level: ${path} has the stages ${names.join(", ")}, not \`${level}\`.`);
  }
}

/** @throws UsageError where a label that was asked for, or every label, has no known place. */
function checkFound(
  runs: readonly LabelRun[],
  labels: readonly string[],
  findings: readonly Finding[],
  asked: boolean,
): void {
  const found = new Set(findings.map(({ label }) => label));
  const missing = labels.filter((label) => !found.has(label));
  if (found.size > 0 && (!asked || missing.length === 0)) {
    if (missing.length > 0) console.log(`without a known place: ${missing.join(", ")}`);
    return;
  }
  const sets = [...new Set(runs.map(({ set }) => set.name))].join(", ");
  throw new UsageError(
    `${sets}: no image has a box or mask of ${missing.join(", ")}, so there is nothing to score heat maps by. Give images that have (--data, --split), or other labels (--label).`,
  );
}

/** The centre boxes by run and label. */
function centresOf(
  findings: readonly ScoredFinding[],
): Record<string, Record<string, ScoredFinding["centre"]>> {
  const centres: Record<string, Record<string, ScoredFinding["centre"]>> = {};
  for (const { run, label, centre } of findings) (centres[run] ??= {})[label] = centre;
  return centres;
}

function say(result: LocalisationResult, method: string): void {
  const { mean } = result;
  console.log(
    `${mean.findings} findings of ${mean.patients} patients; ${mean.partly_in_view} partly and ${mean.out_of_view} wholly beyond the network's view; ${mean.empty_maps} empty heat maps`,
  );
  console.log(`\nmean of ${Object.keys(result.labels).length} labels, 95 % intervals by patients`);
  console.log(tableOfMetrics(mean));
  console.log(`\nlocalisation accuracy of ${method}`);
  console.log(tableOfLabels(result, method));
}
