import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@dira/random";
import { readNumbers } from "@dira/training/node";
import sharp from "sharp";
import { afterAll, describe, expect, it, vi } from "vitest";
import { TASKS } from "../src/finetuning/tasks.ts";
import { dira, main } from "./command.ts";
import { endAfter } from "./end-after.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-finetune-"));
afterAll(() => rmSync(home, { recursive: true }));
const said = async (...args: readonly string[]): Promise<string> => (await dira(...args)).output;
/** Options that make a task small. */
const small = (task: string): string[] => {
  const inVolumes = TASKS[task]?.spatialRank === 3;
  const size = inVolumes ? ["--size", "8,16,16"] : ["--arch", "resnet18", "--size", "32"];
  const width = ["--set", `width=${inVolumes ? 2 : 4}`];
  return [...size, ...width, "--batch", "4", "--epochs", "1", "--set", "phantoms=8"];
};
const finetune = (task: string, name: string, ...more: readonly string[]): Promise<string> =>
  said("finetune", "--task", task, "--out", join(home, name), ...small(task), ...more);
const resultOf = (name: string): { metric: string; mean: { value?: number }; each: object } =>
  JSON.parse(readFileSync(join(home, name, "test.json"), "utf8"));
const linesOf = (name: string): Record<string, unknown>[] =>
  readFileSync(join(home, name, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const { images_per_second: _, rss_bytes: __, ...rest } = JSON.parse(line);
      return rest;
    });

describe("dira finetune", () => {
  const task = "montgomery";
  it("killed and resumed, it is bit for bit the run that was never stopped", async () => {
    const options = [...small(task), "--epochs", "4"];
    const args = ["finetune", "--task", task, ...options, "--out"];
    await said(...args, join(home, "whole"));
    const broken = join(home, "broken");
    await endAfter(["node", main, ...args, broken], join(broken, "metrics.jsonl"), 3, "SIGKILL");
    expect(await said(...args, broken, "--resume")).toMatch(/resumed at step [234] of at most 8/);
    expect(linesOf("broken")).toEqual(linesOf("whole"));
    expect(resultOf("broken")).toEqual(resultOf("whole"));
    const again = await said(...args, join(home, "whole"), "--resume");
    expect(again).toMatch(/test: dice/);
  });

  it("interrupted within an epoch, it keeps the best weights that were validated", async () => {
    const out = join(home, "interrupted");
    const args = ["finetune", "--task", task, ...small(task), "--epochs", "9", "--out", out];
    const many = [...args, "--set", "phantoms=40"];
    // Ten steps an epoch: ended in the second.
    await endAfter(["node", main, ...many], join(out, "metrics.jsonl"), 13, "SIGINT");
    const [best, last] = ["best", "last"].map((name) =>
      readNumbers(join(out, "checkpoints", `${name}.safetensors`)),
    );
    expect((last?.["done"] ?? NaN) % 10).not.toBe(0);
    expect(best?.["done"]).toBe(10);
  });

  it("ends early when nothing improves, and halves the rate before", async () => {
    // A rate of nearly 0 improves nothing.
    const output = await finetune(
      "luna",
      "early",
      ...["--epochs", "50", "--set", "patience=3", "--set", "schedule.patience=0"],
      ...["--set", "optimiser.learningRate=1e-12", "--set", "frozenNorm=true"],
    );
    expect(output).toMatch(/test: auroc/);
    const lines = linesOf("early");
    expect(lines.length).toBeLessThan(20);
    expect(lines.at(-1)?.["lr"]).toBeLessThan(1e-12);
  });

  it("takes encoder and decoder of a run of pre-training, and says what it took", async () => {
    const run = join(home, "pretrained");
    const recipe = ["--recipe", "dira-2d-simsiam", "--arch", "resnet18", "--size", "32"];
    const tiny = ["--batch", "4", "--steps", "1", "--stages", "dr", "--set", "width=4"];
    const heads = [
      "--set",
      "phantoms=8",
      "--set",
      "objective.features=8",
      "--set",
      "objective.hiddenFeatures=4",
    ];
    await said("pretrain", ...recipe, ...tiny, ...heads, "--out", run);
    const output = await finetune(task, "from-run", "--init", run);
    expect(output).toMatch(
      /init: encoder from .*dr-unet\.safetensors: 100 tensors matched \(100 %/,
    );
    expect(output).toMatch(/init: decoder from .*: \d+ tensors matched \(100 %/);
    expect(await finetune(task, "wide", "--init", run, "--set", "width=8")).toMatch(
      /was trained with `width` 4, here it is 8/,
    );
    expect(await finetune(task, "other", "--init", run, "--arch", "resnet50")).toMatch(
      /was trained with `arch` "resnet18", here it is "resnet50"/,
    );
    expect(await finetune(task, "none", "--init", join(home, "no"))).toMatch(
      /error: --init: there is no/,
    );
  });

  it("uses a fraction of the labels", async () => {
    expect(await finetune("luna", "fraction", "--fraction", "0.5")).toMatch(
      /4 to train, 2 to validate/,
    );
  });

  it("tells classes apart, of which an image has one", async () => {
    const folder = join(home, "classes");
    const greys: Record<string, number> = { dark: 20, bright: 230 };
    for (const split of ["train", "val", "test"]) {
      for (const [name, grey] of Object.entries(greys)) {
        mkdirSync(join(folder, split, name), { recursive: true });
        for (let i = 0; i < 3; i += 1) {
          const random = createRandom(split, name, i);
          const data = Uint8Array.from({ length: 1024 }, () => grey + random.integer(-20, 20));
          const raw = { width: 32, height: 32, channels: 1 } as const;
          await sharp(data, { raw })
            .png()
            .toFile(join(folder, split, name, `${i}.png`));
        }
      }
    }
    const classes = ["--set", "layout=folder", "--set", 'dataOptions={"classes":true}'];
    const options = [...classes, "--set", "loss=cross-entropy", "--data", folder];
    const output = await finetune("chestx-ray14", "by-class", ...options);
    expect(output).toMatch(/6 to train, 6 to validate, 6 to test; bright, dark/);
    const [head, ...rows] = readFileSync(join(home, "by-class", "predictions.csv"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    expect(head?.slice(2, 4)).toEqual(["bright", "dark"]);
    for (const row of rows) expect(Number(row[2]) + Number(row[3])).toBeCloseTo(1, 5);
    const wrong = await finetune("chestx-ray14", "no", "--set", "loss=cross-entropy");
    expect(wrong).toMatch(
      /cross-entropy needs exactly one of .* phantom-1 has Pneumothorax, Edema/,
    );
  });

  it("refuses what does not fit", async () => {
    expect(await finetune("chexpart", "no")).toMatch(
      /no task `chexpart`\. Did you mean `chexpert`/,
    );
    expect(await finetune("luna", "no", "--size", "32")).toMatch(/must be one number in 2D/);
    expect(await finetune("luna", "no", "--set", "loss=dice")).toMatch(/dice is of masks/);
    expect(await finetune("luna", "no", "--set", "metric=dice")).toMatch(/must be auroc of labels/);
    expect(await finetune("luna", "no", "--set", "test=ten-crop")).toMatch(/ten-crop is of images/);
    expect(await finetune("luna", "no", "--fraction", "0.1")).toMatch(
      /fraction 0\.1 of 8 images is 1, and training needs 2/,
    );
    expect(await finetune(task, "no", "--init", join(home, "from-run"))).toMatch(
      /from-run is a run of dira finetune, whose head is another task's/,
    );
    expect(await finetune("luna", "no", "--data", join(home, "nowhere"))).toMatch(/error: /);
  });
});
