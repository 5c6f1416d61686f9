import { join } from "node:path";
import { writeAtomically } from "@dira/training/node";
import { drawFigures } from "./draw.ts";
import type { LeftOutTask } from "./left-out.ts";
import type { Plan } from "./plan.ts";
import { captionOf, type Failure, reportOf } from "./report.ts";
import type { PlannedRun } from "./runs.ts";
import type { Fingerprint } from "./saved-plan.ts";
import { summarise } from "./summarise.ts";
import { tablesOf } from "./tables/table.ts";
import { csvRuns, csvTable, latexTable, markdownTable } from "./tables/write.ts";

/** What {@link writeResults} needs. */
export interface Benchmark {
  readonly plan: Plan;
  readonly fingerprint: Fingerprint;
  readonly runs: readonly PlannedRun[];
  readonly failures: readonly Failure[];
  readonly leftOut: readonly LeftOutTask[];
}

/** Writes `results.json`, `table.*`, `runs.csv`, `figures/` and `report.md` of the runs that have finished. */
export function writeResults(out: string, found: Benchmark): void {
  const { plan, fingerprint, runs, failures, leftOut } = found;
  const tasks = summarise(plan, runs);
  const tables = tablesOf(tasks, plan.baseline);
  const figures = drawFigures(out, tasks, runs, leftOut);
  const caption = captionOf(plan.baseline).replaceAll(/[\\`]/g, "");
  const { baseline, compare } = plan;
  const results = { baseline, compare, fingerprint, tasks, failures, leftOut };
  const markdown = tables.map(markdownTable).join("\n");
  const parts = {
    command: `dira benchmark --plan ${join(out, "plan.json")} --out NEW-FOLDER`,
    ...{ baseline, fingerprint, leftOut },
  };
  const report = reportOf({ ...parts, tasks, tables, figures, failures });
  const files = {
    "results.json": `${JSON.stringify(results, null, 2)}\n`,
    "table.md": `${markdown}\n${captionOf(plan.baseline)}\n`,
    "table.csv": csvTable(tables),
    "table.tex": tables.map((table) => latexTable(table, caption)).join("\n"),
    "runs.csv": csvRuns(tasks),
    "report.md": report,
  };
  for (const [name, content] of Object.entries(files)) writeAtomically(join(out, name), content);
  console.log(`\n${markdown}\nwritten: ${join(out, "report.md")}`);
}
