import { csvOf } from "../../csv.ts";
import type { TaskResults } from "../summarise.ts";
import { latexText, markdownText } from "./escape.ts";
import { type ColumnGroup, percent, type ResultTable, share, type TableCell } from "./table.ts";

/** A table in Markdown: mean ± std in per cent (runs). */
export function markdownTable({ groups, rows }: ResultTable): string {
  const head = groups.flatMap(({ task, metric, fractions }) =>
    fractions.map((fraction) => `${markdownText(task)}, ${metric} %, ${share(fraction)} of labels`),
  );
  const lines = [
    ["init", ...head],
    ["---", ...head.map(() => "---:")],
    ...rows.map(({ init, cells }) => [markdownText(init), ...cells.map(markdownCell)]),
  ];
  return `${lines.map((line) => `| ${line.join(" | ")} |`).join("\n")}\n`;
}

function markdownCell({ mean, std, n, best, stars }: TableCell): string {
  if (mean === undefined) return "–";
  const text = std === undefined ? percent(mean) : `${percent(mean)} ± ${percent(std)}`;
  const marks = stars.replaceAll("*", String.raw`\*`);
  return `${best ? `**${text}**` : text}${marks} (${n})`;
}

/** A table in LaTeX, of the package booktabs. @param caption - a plain text. */
export function latexTable({ groups, rows }: ResultTable, caption: string): string {
  const columns = groups.reduce((sum, { fractions }) => sum + fractions.length, 0);
  const fractions = groups.flatMap((group) => group.fractions.map((f) => latexText(share(f))));
  return [
    String.raw`\begin{table}`,
    String.raw`  \centering`,
    String.raw`  \caption{${latexText(caption).replaceAll("±", String.raw`$\pm$`)}}`,
    String.raw`  \begin{tabular}{l${"c".repeat(columns)}}`,
    String.raw`    \toprule`,
    ...latexHead(groups),
    latexLine(["Init", ...fractions]),
    String.raw`    \midrule`,
    ...rows.map(({ init, cells }) => latexLine([latexText(init), ...cells.map(latexCell)])),
    String.raw`    \bottomrule`,
    String.raw`  \end{tabular}`,
    String.raw`\end{table}`,
    "",
  ].join("\n");
}

const latexLine = (cells: readonly string[]): string => String.raw`    ${cells.join(" & ")} \\`;

function latexHead(groups: readonly ColumnGroup[]): string[] {
  const tasks = groups.map(
    ({ task, metric, fractions }) =>
      String.raw`\multicolumn{${fractions.length}}{c}{${latexText(`${task} (${metric}, %)`)}}`,
  );
  let column = 2;
  const rules = groups.map(({ fractions }) => {
    const rule = String.raw`\cmidrule(lr){${column}-${column + fractions.length - 1}}`;
    column += fractions.length;
    return rule;
  });
  return [latexLine(["", ...tasks]), `    ${rules.join(" ")}`];
}

function latexCell({ mean, std, n, best, stars }: TableCell): string {
  if (mean === undefined) return "--";
  const value = best ? String.raw`\textbf{${percent(mean)}}` : percent(mean);
  const spread = std === undefined ? "" : String.raw` $\pm$ ${percent(std)}`;
  const marks = stars === "" ? "" : `$^{${stars}}$`;
  return `${value}${spread}${marks} (${n})`;
}

/** The tables' figures, not rounded: a row for each task and init, columns for each fraction. */
export function csvTable(tables: readonly ResultTable[]): string {
  const fractions = [
    ...new Set(tables.flatMap(({ groups }) => groups.flatMap((group) => group.fractions))),
  ].sort((a, b) => a - b);
  const head = fractions.flatMap((f) => ["mean", "std", "n", "stars"].map((of) => `${f} ${of}`));
  const rows = tables.flatMap(({ groups, rows: inits }) => {
    let from = 0;
    return groups.flatMap((group) => {
      const start = from;
      from += group.fractions.length;
      return inits.map(({ init, cells }) => [
        ...[group.task, group.metric, init],
        ...fractions.flatMap((fraction) => {
          const at = group.fractions.indexOf(fraction);
          const cell = at < 0 ? undefined : cells[start + at];
          return [cell?.mean, cell?.std, cell?.n, cell?.stars];
        }),
      ]);
    });
  });
  return csvOf([["task", "metric", "init", ...head], ...rows]);
}

/** Each finished run, for other programs. */
export function csvRuns(tasks: readonly TaskResults[]): string {
  const rows = tasks.flatMap(({ name, cells }) =>
    cells.flatMap(({ init, fraction, runs }) =>
      runs.map(({ seed, metric, value }) => [name, init, fraction, seed, metric, value]),
    ),
  );
  return csvOf([["task", "init", "fraction", "seed", "metric", "value"], ...rows]);
}
