import { readFileSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import { z } from "zod";
import { describeEngine, enginesSchema } from "../run-engine.ts";
import { UsageError } from "../usage-error.ts";
import type { PlannedRun } from "./runs.ts";

const testSchema = z.object({
  metric: z.enum(["auroc", "dice", "iou"]),
  mean: z.object({ value: z.number().optional(), patients: z.number() }),
  each: z.record(z.string(), z.record(z.string(), z.unknown())),
  images: z.number(),
});
const configSchema = z.object({
  provenance: enginesSchema.extend({ version: z.string(), commit: z.string() }),
});

/** What a finished run found. */
export interface RunResult {
  readonly seed: number;
  readonly metric: "auroc" | "dice" | "iou";
  /** Undefined when no label of the test has both classes. */
  readonly value: number | undefined;
  readonly images: number;
  readonly patients: number;
  /** What made it: version, commit and engine in words. */
  readonly madeBy: string;
}

/** Reads what a finished run found. */
export function readResult({ folder, seed }: PlannedRun): RunResult {
  const { metric, mean, images } = parse(join(folder, "test.json"), testSchema);
  const made = parse(join(folder, "config.json"), configSchema).provenance;
  const engines = [made.engine, ...made.laterEngines].map(describeEngine).join(", then ");
  const madeBy = `dira ${made.version} (commit ${made.commit}), ${engines}`;
  return { seed, metric, value: mean.value, images, patients: mean.patients, madeBy };
}

function parse<Value>(path: string, schema: z.ZodType<Value>): Value {
  const result = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UsageError(
    `${path} is not what dira finetune writes (\`${issue?.path.join(".")}\`: ${issue?.message}). Delete the run's folder and go on with --resume.`,
  );
}

/** Probabilities of the test images. */
export interface TestPredictions {
  readonly labels: readonly string[];
  readonly images: readonly string[];
  readonly patients: readonly string[];
  /** `[image][label]`. */
  readonly probabilities: readonly Float64Array[];
  /** `[image][label]` of 0, 1 or NaN where unknown. */
  readonly truth: readonly Float64Array[];
}

/** The predictions of a run of labels. */
export function readPredictions({ folder }: Pick<PlannedRun, "folder">): TestPredictions {
  const path = join(folder, "predictions.csv");
  return parsePredictions(readFileSync(path, "utf8"), path);
}

/** {@link readPredictions} of a text. @throws UsageError naming the file and row for what is none. */
export function parsePredictions(text: string, path: string): TestPredictions {
  const [head = [], ...rows] = Papa.parse<string[]>(text, { skipEmptyLines: true }).data;
  const count = (head.length - 2) / 2;
  const bad = (what: string): UsageError =>
    new UsageError(`${path}: ${what}. Is it a predictions.csv of dira finetune?`);
  if (head[0] !== "image" || head[1] !== "patient" || !Number.isInteger(count) || count < 1)
    throw bad("expected the columns image, patient, labels, and the same labels' truth");
  const numbers = (row: readonly string[], from: number, n: number): Float64Array =>
    Float64Array.from(row.slice(from, from + count), (cell) => {
      const value = cell === "" ? NaN : Number(cell);
      if (cell !== "" && Number.isNaN(value)) throw bad(`row ${n + 1} has "${cell}" for a number`);
      return value;
    });
  return {
    labels: head.slice(2, 2 + count),
    images: rows.map((row) => row[0] ?? ""),
    patients: rows.map((row) => row[1] ?? ""),
    probabilities: rows.map((row, n) => numbers(row, 2, n)),
    truth: rows.map((row, n) => numbers(row, 2 + count, n)),
  };
}
