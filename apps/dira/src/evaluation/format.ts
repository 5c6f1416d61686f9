import type { Estimate } from "./bootstrap.ts";
import type { EvaluationRow } from "./row.ts";

const HEADER = [
  "networks",
  "retrieval top-1",
  "lead over random",
  "kNN",
  "linear probe",
  "word accuracy",
  "embedding std",
  "L_res",
  "distorted input's error",
  "ratio",
  "ratio in in-painted pixels",
  "sharpness",
  "critic: real / restored",
  "gradient ratio A/R",
];

/** An evaluation as a Markdown table. */
export function formatEvaluation(rows: readonly EvaluationRow[]): string {
  const lines = [HEADER, HEADER.map(() => "---"), ...rows.map(cells)];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cells(row: EvaluationRow): string[] {
  const { name, retrieval, retrieval_lead: lead, losses, restoration: r, critic, frozen } = row;
  const deviation = losses["embedding_std"];
  return [
    name,
    retrieval === undefined ? "–" : interval(retrieval),
    lead === undefined ? "–" : interval(lead),
    number(frozen?.knn.value),
    number(frozen?.probe?.value),
    number(losses["word_accuracy"]),
    number(row.stage === "random" ? undefined : deviation),
    number(r?.restored_mse, 5),
    number(r?.distorted_mse, 5),
    number(r?.error_ratio),
    number(r?.inpainted_error_ratio),
    number(r?.sharpness),
    critic === undefined
      ? "–"
      : `${number(critic.real_accuracy)} / ${number(critic.restored_accuracy)}`,
    number(critic?.gradient_ratio, 4),
  ];
}

function number(value: number | undefined, digits = 3): string {
  return value === undefined ? "–" : value.toFixed(digits);
}

function interval({ mean, low, high }: Estimate): string {
  return `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
