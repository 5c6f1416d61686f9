import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { boxPlots } from "./figures/box-plots.ts";
import { fractionCurves } from "./figures/fraction-curves.ts";
import { labelPanels, type UnitCurve } from "./figures/label-panels.ts";
import type { LeftOutTask } from "./left-out.ts";
import { meanRoc, pooledReliability } from "./predictions.ts";
import { readPredictions, type TestPredictions } from "./read-results.ts";
import type { PlannedRun } from "./runs.ts";
import { finished, runsIn, type TaskResults } from "./summarise.ts";
import { METRIC_NAMES, share } from "./tables/table.ts";

/** A figure that was written. */
export interface Figure {
  readonly task: string;
  readonly caption: string;
  /** In the benchmark's folder. */
  readonly file: string;
}

/** Draws all figures of a benchmark that its runs give, and removes those of tasks that are left out: they are not of these results. */
export function drawFigures(
  out: string,
  tasks: readonly TaskResults[],
  runs: readonly PlannedRun[],
  leftOut: readonly LeftOutTask[],
): Figure[] {
  const folder = join(out, "figures");
  makeFolder(folder);
  const earlier = readdirSync(folder).filter((file) => file.endsWith(".svg"));
  for (const file of earlier)
    if (leftOut.some(({ task }) => file.startsWith(`${task}-`))) rmSync(join(folder, file));
  return tasks.flatMap((task) => {
    const drawn = [...fractionFigure(task), ...boxFigure(task), ...labelFigures(task, runs)];
    return drawn.map(({ kind, caption, svg }) => {
      const file = `figures/${task.name}-${kind}.svg`;
      writeAtomically(join(out, file), svg);
      return { task: task.name, caption, file };
    });
  });
}

interface Drawn {
  readonly kind: string;
  readonly caption: string;
  readonly svg: string;
}

const titled = ({ metric }: TaskResults): string =>
  metric === undefined ? "%" : `${METRIC_NAMES[metric]} (%)`;

/** Only curves, so two fractions or more. */
function fractionFigure(task: TaskResults): Drawn[] {
  const known = task.cells.filter((cell) => cell.mean !== undefined);
  if (new Set(known.map(({ fraction }) => fraction)).size < 2) return [];
  const series = task.inits.map((name) => ({
    name,
    points: known
      .filter(({ init }) => init === name)
      .map(({ fraction, mean = 0, std }) => ({
        ...{ fraction, mean: 100 * mean },
        std: std === undefined ? undefined : 100 * std,
      })),
  }));
  const svg = fractionCurves({ title: `${task.name}: label fractions`, metric: titled(task), series }); // prettier-ignore
  return [
    { kind: "fractions", caption: "means over runs, bands of ± one standard deviation", svg },
  ];
}

function boxFigure(task: TaskResults): Drawn[] {
  const { fractions, inits, cells } = task;
  const valuesAt = (init: string, fraction: number): number[] =>
    (cells.find((one) => one.init === init && one.fraction === fraction)?.runs ?? []).flatMap(
      ({ value }) => (value === undefined ? [] : [100 * value]),
    );
  const series = inits.map((name) => ({
    name,
    values: fractions.map((fraction) => valuesAt(name, fraction)),
  }));
  if (series.every(({ values }) => values.every((runs) => runs.length === 0))) return [];
  const groups = fractions.map(share);
  const svg = boxPlots({ title: `${task.name}: runs`, metric: titled(task), groups, series });
  return [{ kind: "runs", caption: "quartiles, Tukey's whiskers; each dot a run", svg }];
}

/** ROC curves and reliability diagrams of labels. */
function labelFigures(task: TaskResults, runs: readonly PlannedRun[]): Drawn[] {
  if (task.metric !== "auroc") return [];
  return task.fractions.flatMap((fraction) => {
    const each = task.inits.map((init) =>
      finished(runsIn(runs, task.name, init, fraction)).map(readPredictions),
    );
    const some = each.find((predictions) => predictions.length > 0)?.[0];
    if (some === undefined) return [];
    const panelsOf = (
      curve: (predictions: readonly TestPredictions[], label: number) => UnitCurve | undefined,
    ): { label: string; curves: (UnitCurve | undefined)[] }[] =>
      some.labels.flatMap((label, l) => {
        if (meanRoc([some], l) === undefined) return [];
        const curves = each.map((found) => (found.length === 0 ? undefined : curve(found, l)));
        return [{ label, curves }];
      });
    const panels = { roc: panelsOf(rocOf), calibration: panelsOf(calibrationOf) };
    if (panels.roc.length === 0) return [];
    const part = `${share(fraction)} of labels`;
    const names = task.inits;
    const roc = labelPanels({
      ...{ title: `${task.name}: ROC curves, ${part}`, names, panels: panels.roc, marked: false },
      ...{ xLabel: "1 − specificity", yLabel: "sensitivity" },
    });
    const calibration = labelPanels({
      ...{ title: `${task.name}: reliability, ${part}`, names, panels: panels.calibration },
      ...{ xLabel: "predicted probability", yLabel: "share of positives", marked: true },
    });
    return [
      {
        ...{ kind: `roc-${fraction}`, svg: roc },
        caption: `ROC curves with ${part}: mean sensitivity of the runs, ± one standard deviation; mean AUROC in the corner`,
      },
      {
        ...{ kind: `calibration-${fraction}`, svg: calibration },
        caption: `reliability with ${part}: of all runs' predictions in ten bins; larger marks hold more images`,
      },
    ];
  });
}

function rocOf(runs: readonly TestPredictions[], label: number): UnitCurve | undefined {
  const found = meanRoc(runs, label);
  if (found === undefined) return undefined;
  const points = found.points.map((p) => ({ x: p.falsePositiveRate, y: p.mean }));
  const band = found.points.flatMap(({ falsePositiveRate: x, mean, std }) =>
    std === undefined ? [] : [{ x, low: mean - std, high: mean + std }],
  );
  // Upright from the corner, as every curve begins at (0, 0).
  return { points: [{ x: 0, y: 0 }, ...points], band, note: found.auroc.toFixed(3) };
}

function calibrationOf(runs: readonly TestPredictions[], label: number): UnitCurve {
  const bins = pooledReliability(runs, label);
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const points = bins.map(({ confidence, frequency, count }) => ({
    ...{ x: confidence, y: frequency },
    radius: 2 + 4 * Math.sqrt(count / total),
  }));
  return { points };
}
