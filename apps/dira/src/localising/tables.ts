import { csvOf } from "../csv.ts";
import { METRICS, THRESHOLDS } from "./score.ts";
import type { ScoredFinding } from "./scored-finding.ts";
import type { Lead, LocalisationResult, Summary } from "./summary.ts";

/** The mean of all labels: a row a metric, the method beside its baselines and its lead over them, in Markdown. */
export function tableOfMetrics({ maps, leads }: Summary): string {
  const names = Object.keys(maps);
  const metrics = Object.keys(maps[names[0] ?? ""] ?? {});
  const head = ["metric", ...names, ...Object.keys(leads).map((name) => `lead over ${name}`)];
  const rows = metrics.map((metric) => [
    metric,
    ...names.map((name) => shown(maps[name]?.[metric])),
    ...Object.values(leads).map((lead) => leadOf(lead[metric])),
  ]);
  return markdown([head, ...rows]);
}

/** Labels by thresholds of IoU, as Wang et al. 2017 have it, of the method. */
export function tableOfLabels({ mean, labels }: LocalisationResult, method: string): string {
  const rows = Object.entries({ ...labels, mean }).map(([label, { findings, maps }]) => [
    label,
    String(findings),
    ...THRESHOLDS.map((t) => maps[method]?.[`accuracy@${t}`]?.value?.toFixed(3) ?? "–"),
  ]);
  return markdown([["T(IoU)", "findings", ...THRESHOLDS.map(String)], ...rows]);
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

type Interval = Readonly<Record<"low" | "high", number | undefined>>;

function shown(measured: (Interval & { readonly value: number | undefined }) | undefined): string {
  return measured?.value === undefined ? "–" : `${measured.value.toFixed(3)}${ends(measured)}`;
}

function leadOf(lead: Lead | undefined): string {
  return lead?.difference === undefined ? "–" : `${lead.difference.toFixed(3)}${ends(lead)}`;
}

const ends = ({ low, high }: Interval): string =>
  low === undefined || high === undefined ? "" : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** A row for each finding and map, as CSV; boxes as `[start …, length …]`, several after each other. */
export function findingsTable(findings: readonly ScoredFinding[]): string {
  const head = ["run", "image", "patient", "label", "in_view", "boxes", "map", "found", ...METRICS];
  const rows = findings.flatMap(({ run, image, patient, label, inView, boxes, scores }) =>
    Object.entries(scores).map(([map, { box, metrics }]) => [
      ...[run, image, patient, label],
      inView,
      boxes.map((each) => `[${each.join(" ")}]`).join(" "),
      map,
      box === undefined ? "" : `[${box.join(" ")}]`,
      ...METRICS.map((metric) => metrics[metric]),
    ]),
  );
  return csvOf([head, ...rows]);
}
