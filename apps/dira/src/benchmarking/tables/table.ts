import { ALPHA } from "../compare.ts";
import type { Cell, TaskResults } from "../summarise.ts";

/** A cell as all table writers show it. */
export interface TableCell extends Pick<Cell, "mean" | "std" | "n"> {
  /** The highest mean of its column, as shown. */
  readonly best: boolean;
  /** Against the baseline, after Holm's correction: `*` p < 0.05, `**` p < 0.01, `***` p < 0.001. */
  readonly stars: string;
}

/** A task's columns. */
export interface ColumnGroup {
  readonly task: string;
  readonly metric: string;
  readonly fractions: readonly number[];
}

/** Inits by tasks and fractions. */
export interface ResultTable {
  readonly groups: readonly ColumnGroup[];
  readonly rows: readonly { readonly init: string; readonly cells: readonly TableCell[] }[];
}

/** As papers print it. */
export const METRIC_NAMES = { auroc: "AUROC", dice: "Dice", iou: "IoU" } as const;

/** Columns that fit beside each other on a page. */
const WIDTH = 6;

/** One table of all tasks where it fits a page, or else one of each. */
export function tablesOf(tasks: readonly TaskResults[], baseline: string): ResultTable[] {
  const columns = tasks.reduce((sum, { fractions }) => sum + fractions.length, 0);
  const parts = columns <= WIDTH ? [tasks] : tasks.map((task) => [task]);
  return parts.map((part) => tableOf(part, baseline));
}

function tableOf(tasks: readonly TaskResults[], baseline: string): ResultTable {
  const inits = [...new Set(tasks.flatMap((task) => task.inits))];
  const columns = tasks.flatMap((task) => task.fractions.map((fraction) => ({ task, fraction })));
  const rows = inits.map((init) => ({
    init,
    cells: columns.map(({ task, fraction }) => tableCell(task, init, fraction, baseline)),
  }));
  const groups = tasks.map(({ name, metric, fractions }) => ({
    ...{ task: name, fractions },
    metric: metric === undefined ? "–" : METRIC_NAMES[metric],
  }));
  return { groups, rows };
}

function tableCell(
  { cells, comparisons }: TaskResults,
  init: string,
  fraction: number,
  baseline: string,
): TableCell {
  const column = cells.filter((cell) => cell.fraction === fraction);
  const cell = column.find((one) => one.init === init);
  const best = Math.max(...column.map(({ mean }) => Number(percent(mean ?? -1))));
  const test = comparisons.find(
    (one) => one.fraction === fraction && one.init === init && one.against === baseline,
  );
  return {
    ...{ mean: cell?.mean, std: cell?.std, n: cell?.n ?? 0, stars: starsOf(test?.adjusted) },
    best: cell?.mean !== undefined && Number(percent(cell.mean)) === best,
  };
}

function starsOf(p: number | undefined): string {
  if (p === undefined || p >= ALPHA) return "";
  return p < 0.001 ? "***" : p < 0.01 ? "**" : "*";
}

/** In per cent with two digits, as the paper prints all metrics. */
export function percent(value: number): string {
  return (100 * value).toFixed(2);
}

/** `10 %`. */
export function share(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(6))} %`;
}
