import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DataSetKind, type ImageSet, makeFolder, openDataSet, type Split } from "@dira/data";
import { afterAll, describe, expect, it } from "vitest";
import { PHANTOM_LAYOUTS } from "../src/data-commands/phantom-layouts/index.ts";
import type { LayoutOptions, PhantomLayout } from "../src/data-commands/phantom-layouts/layout.ts";
import { TASKS } from "../src/finetuning/tasks.ts";
import { dira } from "./command.ts";

const home = mkdtempSync(join(tmpdir(), "dira-nine-tasks-"));
afterAll(() => rmSync(home, { recursive: true }));

/** So few that training, validation and test have patients, and so small that a run takes seconds. */
const WRITTEN: Readonly<Record<string, Pick<LayoutOptions, "count" | "size">>> = {
  "chest-xray14": { count: 58, size: 48 },
  chexpert: { count: 12, size: 48 },
  "siim-acr": { count: 7, size: 1024 },
  montgomery: { count: 10, size: 48 },
  luna: { count: 3, size: [24, 32, 32] },
  "pe-cad": { count: 24, size: [8, 16, 16] },
  lidc: { count: 4, size: [16, 32, 32] },
  lits: { count: 5, size: [8, 16, 16] },
  brats: { count: 5, size: [8, 16, 16] },
};

/** Options that make a run small. */
function small(task: string): string[] {
  const { spatialRank } = TASKS[task] as (typeof TASKS)[string];
  const common = ["--batch", "4", "--epochs", "1"];
  if (spatialRank === 2) {
    return [...common, "--arch", "resnet18", "--size", "32", "--set", "width=4"];
  }
  return [...common, "--size", "8,16,16", "--set", "width=2", "--set", "patches=2"];
}

/** What `test.json` holds. */
interface Result {
  readonly metric: string;
  readonly images: number;
  readonly mean: { readonly value?: number; readonly patients: number };
  readonly each: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const indices = ({ length }: ImageSet): number[] => Array.from({ length }, (_, i) => i);

describe("dira finetune, the nine tasks on data in their layouts", { timeout: 120_000 }, () => {
  it.each(Object.keys(TASKS))("%s", async (task) => {
    const { phantomKind, metric, target } = TASKS[task] as (typeof TASKS)[string];
    const layout = PHANTOM_LAYOUTS[phantomKind] as PhantomLayout;
    const written = WRITTEN[phantomKind] as (typeof WRITTEN)[string];
    const data = makeFolder(join(home, phantomKind));
    await layout.write(data, { ...written, seed: 1 });
    const out = join(home, `${task}-run`);
    const args = ["finetune", "--task", task, "--data", data, "--out", out, ...small(task)];
    const { status, stdout, stderr } = await dira(...args);
    expect(stderr).not.toMatch(/error:/);
    expect(status).toBe(0);

    const kind = layout.kind as Exclude<DataSetKind, "folder">;
    const open = (split: Split): ImageSet => openDataSet(data, { kind, split });
    const [train, val, test] = [open("train"), open("val"), open("test")];
    expect(stdout).toContain(
      `${train.length} to train, ${val.length} to validate, ${test.length} to test`,
    );
    const result = JSON.parse(readFileSync(join(out, "test.json"), "utf8")) as Result;
    expect(result.metric).toBe(metric);
    expect(result.images).toBe(test.length);
    const patients = new Set(indices(test).map((i) => test.patient?.(i)));
    expect(result.mean.patients).toBe(patients.size);
    expect(existsSync(join(out, "predictions.csv"))).toBe(target.kind === "labels");
    checkValues(result, stdout, test);
  });
});

/** Each value is a share; what has none is named with the reason. */
function checkValues({ metric, mean, each }: Result, output: string, test: ImageSet): void {
  const names = Object.keys(each);
  expect(names.length).toBeGreaterThan(0);
  const undefinedOnes: string[] = [];
  for (const name of names) {
    const value = (each[name]?.[metric] as Result["mean"] | undefined)?.value;
    if (value === undefined) undefinedOnes.push(name);
    else expect(value >= 0 && value <= 1).toBe(true);
    if (metric !== "auroc") continue;
    const column = test.labelNames?.indexOf(name) ?? -1;
    const truth = indices(test).map((i) => test.labels?.(i)[column]);
    expect(each[name]?.["positives"]).toBe(truth.filter((label) => label === 1).length);
    expect(value === undefined).toBe(!truth.includes(1) || !truth.includes(0));
  }
  expect(mean.value === undefined).toBe(undefinedOnes.length === names.length);
  expect(output.includes("of which the test images are all alike")).toBe(undefinedOnes.length > 0);
  if (undefinedOnes.length > 0) expect(output).toContain(`without ${undefinedOnes.join(", ")}`);
}
