import type { Figure } from "./draw.ts";
import { describeLeftOut, type LeftOutTask } from "./left-out.ts";
import type { Fingerprint } from "./saved-plan.ts";
import { intervalRows, METHODS, sentencesOf, testRows } from "./sentences.ts";
import { incomplete, type TaskResults } from "./summarise.ts";
import { markdownText } from "./tables/escape.ts";
import type { ResultTable } from "./tables/table.ts";
import { markdownTable } from "./tables/write.ts";

/** A run that did not finish, and why. */
export interface Failure {
  readonly run: string;
  readonly problem: string;
  readonly log: string;
}

/** What {@link reportOf} puts together. */
export interface ReportParts {
  readonly command: string;
  readonly baseline: string;
  readonly fingerprint: Fingerprint;
  readonly tasks: readonly TaskResults[];
  readonly tables: readonly ResultTable[];
  readonly figures: readonly Figure[];
  readonly failures: readonly Failure[];
  readonly leftOut: readonly LeftOutTask[];
}

/** The report in Markdown. */
export function reportOf(parts: ReportParts): string {
  const { tasks, tables, baseline, figures } = parts;
  return [
    "# Benchmark",
    "",
    "```sh",
    parts.command,
    "```",
    "",
    ...provenanceLines(parts),
    "",
    "## Results",
    "",
    ...tables.flatMap((table) => [markdownTable(table)]),
    captionOf(baseline),
    "",
    ...incompleteLines(parts),
    "## What the runs show",
    "",
    ...tasks.flatMap((task) => taskLines(task, baseline)),
    "## Figures",
    "",
    ...figures.flatMap(({ task, caption, file }) => [
      `![${markdownText(`${task}: ${caption}`)}](<${file}>)`,
      "",
      `${markdownText(task)}: ${caption}.`,
      "",
    ]),
    "## How it was computed",
    "",
    METHODS,
    "",
  ].join("\n");
}

/** What a table's cells are. */
export function captionOf(baseline: string): string {
  return `Mean ± standard deviation over runs, in per cent (number of runs in brackets); the best mean of a column in bold. Stars: different from \`${baseline}\`, in either direction, by Welch's t-test after Holm's correction over all tests of the task (\\* p < 0.05, \\*\\* p < 0.01, \\*\\*\\* p < 0.001).`;
}

function provenanceLines({ tasks, fingerprint }: ReportParts): string[] {
  const makers = new Map<string, number>();
  for (const { madeBy } of tasks.flatMap(({ cells }) => cells.flatMap(({ runs }) => runs)))
    makers.set(madeBy, (makers.get(madeBy) ?? 0) + 1);
  const made = [...makers].map(([maker, n]) => `- ${n} ${n === 1 ? "run" : "runs"} by ${maker}`);
  const mixed =
    makers.size > 1
      ? [
          "- **Not all runs were made by the same program or engine: differences may come from that.**",
        ]
      : [];
  const tests = tasks.flatMap(({ name, cells }) => {
    const run = cells.flatMap(({ runs }) => runs)[0];
    return run === undefined
      ? []
      : [`- ${markdownText(name)}: tested on ${run.images} images of ${run.patients} patients`];
  });
  const weights = Object.entries(fingerprint.weights).map(([name, file]) => {
    const part = file?.part === "encoder" ? ", its encoder alone" : "";
    const from =
      file === null ? "random weights" : `\`${file.path}\`${part}, SHA-256 \`${file.sha256}\``;
    return `- ${markdownText(name)}: ${from}`;
  });
  return [...made, ...mixed, ...tests, ...weights];
}

function incompleteLines({ tasks, failures, leftOut }: ReportParts): string[] {
  const lacking = tasks.flatMap((task) =>
    incomplete(task).map(
      ({ init, fraction, missing }) =>
        `- ${markdownText(`${task.name}, ${init}, fraction ${fraction}`)}: without the runs of ${missing.length === 1 ? "seed" : "seeds"} ${missing.join(", ")}`,
    ),
  );
  const failed = failures.map(
    ({ run, problem, log }) => `- ${markdownText(run)} failed: ${markdownText(problem)} (\`${log}\`)`, // prettier-ignore
  );
  const left = leftOut.map((task) => `- ${markdownText(describeLeftOut(task))}`);
  const all = [...lacking, ...failed, ...left];
  return all.length === 0 ? [] : ["### Not complete", "", ...all, ""];
}

function taskLines(task: TaskResults, baseline: string): string[] {
  const rows = testRows(task);
  const cells = intervalRows(task);
  return [
    `### ${markdownText(task.name)}`,
    "",
    ...sentencesOf(task, baseline).map((sentence) => `- ${sentence}`),
    "",
    ...(rows.length === 0 ? [] : [...rows, ""]),
    ...(cells.length === 0 ? [] : [...cells, ""]),
  ];
}
