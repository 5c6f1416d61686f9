import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uNetEncoder } from "@dira/backbones";
import { batchMaker } from "@dira/data";
import { encodeSafetensors, saveWeights } from "@dira/nn";
import { createRandom } from "@dira/random";
import { afterAll, describe, expect, it, vi } from "vitest";
import { buildNetwork } from "../src/finetuning/network.ts";
import { openTaskData } from "../src/finetuning/open-task-data.ts";
import { taskNamed } from "../src/finetuning/tasks.ts";
import { dira, type Ended, main } from "./command.ts";
import { endAfter } from "./end-after.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-benchmark-"));
afterAll(() => rmSync(home, { recursive: true }));
const at = (...parts: string[]): string => join(home, ...parts);
const small = [
  ...["--task", "luna", "--size", "8,16,16", "--batch", "4", "--epochs", "1"],
  ...["--set", "width=2", "--set", "phantoms=8"],
];
const argsOf = (name: string, ...more: readonly string[]): string[] => [
  ...["benchmark", "--out", at(name), ...more],
];
const benchmark = (name: string, ...more: readonly string[]): Promise<Ended> =>
  dira(...argsOf(name, ...more));
const textOf = (...parts: string[]): string => readFileSync(at(...parts), "utf8");
const two = ["--init", "random", "--init", "again=", "--fractions", "0.5,1", "--runs", "2"];

/** Weights of a 3D U-Net of width 2, as from elsewhere. */
async function makeWeights(): Promise<string> {
  const encoder = uNetEncoder({ spatialRank: 3, width: 2, random: createRandom("elsewhere") });
  const weights = await saveWeights({ ...encoder.parameters, ...encoder.buffers });
  const path = at("elsewhere.safetensors");
  writeFileSync(path, encodeSafetensors(weights));
  return path;
}

describe("dira benchmark, whole runs on phantoms", async () => {
  const weights = await makeWeights();
  const inits = ["--init", "random", "--init", `dira=${weights}`];
  const plan = [...small, ...inits, "--fractions", "0.5,1", "--runs", "2"];

  it("2 inits × 2 fractions × 2 seeds: table, tests, figures, report", async () => {
    const dry = await benchmark("whole", ...plan, "--dry-run");
    expect(dry).toMatchObject({ status: 0 });
    expect(dry.output).toMatch(/8 runs: 0 finished, 0 interrupted, 8 to do/);
    expect(existsSync(at("whole"))).toBe(false);
    const { output, status } = await benchmark("whole", ...plan, "--jobs", "2");
    expect(status, output).toBe(0);
    expect(output).toMatch(/\[8\/8\] luna, dira, fraction 1, seed 1: auroc /);
    expect(readdirSync(at("whole")).sort()).toEqual([
      ...["cache", "figures", "fingerprint.json", "logs", "plan.json", "report.md"],
      ...["results.json", "runs", "runs.csv", "table.csv", "table.md", "table.tex"],
    ]);
    const results = JSON.parse(textOf("whole", "results.json"));
    const [task] = results.tasks;
    expect(task.cells).toHaveLength(4);
    for (const { fraction, init, runs, mean, n } of task.cells) {
      const own = runs.map((run: { seed: number; value: number }) => {
        const path = ["whole", "runs", "luna", init, String(fraction), String(run.seed)];
        expect(JSON.parse(textOf(...path, "test.json")).mean.value).toBe(run.value);
        expect(existsSync(at(...path, "checkpoints"))).toBe(false);
        return run.value;
      });
      expect([n, own.length]).toEqual([2, 2]);
      expect(mean).toBeCloseTo((own[0] + own[1]) / 2, 12);
      expect(textOf("whole", "table.md")).toContain((100 * mean).toFixed(2));
    }
    expect(task.comparisons).toHaveLength(2);
    expect(textOf("whole", "runs.csv").trim().split("\n")).toHaveLength(9);
    expect(readdirSync(at("whole", "figures"))).toHaveLength(6);
    for (const [, file] of textOf("whole", "report.md").matchAll(/\]\(<(.*?)>\)/g))
      expect(existsSync(at("whole", file as string))).toBe(true);
  });

  it("runs of one seed have the same labels and the same head, whatever the init", async () => {
    const task = { ...taskNamed("luna"), size: [8, 16, 16] as [number, number, number], width: 2 };
    const maker = batchMaker(0);
    const madeOf = async (
      path: string | null,
      seed: number,
    ): Promise<[readonly number[], number[]]> => {
      const config = {
        ...task,
        phantoms: 12,
        fraction: 0.5,
        seed,
        init: { ...task.init, weights: path },
      };
      const { train } = await openTaskData(config, maker);
      const { network, encoder } = buildNetwork(config, 1);
      const own = Object.values(encoder.parameters);
      const head = Object.values(network.parameters).filter((variable) => !own.includes(variable));
      expect(head.length).toBeGreaterThan(0);
      return [train.usable, head.flatMap((variable) => Array.from(variable.dataSync()))];
    };
    const [random, dira, other] = [
      await madeOf(null, 3),
      await madeOf(weights, 3),
      await madeOf(null, 4),
    ];
    await maker.close();
    expect(dira).toEqual(random);
    expect(other[0]).toHaveLength(6);
    expect(other[0]).not.toEqual(random[0]);
    expect(other[1]).not.toEqual(random[1]);
  });

  it("killed at any time and resumed, it ends with the same table", async () => {
    const args = argsOf("killed", ...plan);
    const log = at("killed", "runs", "luna", "dira", "0.5", "0", "metrics.jsonl");
    await endAfter(["node", main, ...args], log, 1, "SIGKILL");
    expect(existsSync(at("killed", "table.md"))).toBe(false);
    expect((await benchmark("killed", ...plan)).output).toMatch(
      /already holds a benchmark.*--resume/,
    );
    const { output, status } = await benchmark("killed", "--resume");
    expect(status, output).toBe(0);
    expect(output).toMatch(/8 runs: [12] finished/);
    for (const file of ["table.md", "table.csv", "table.tex", "runs.csv"])
      expect(textOf("killed", file)).toBe(textOf("whole", file));
  });

  it("goes on with more runs, refuses another plan and other weights", async () => {
    const shrunk = [...small, ...inits, "--fractions", "1", "--runs", "2", "--set", "patches=9"];
    expect((await benchmark("whole", ...shrunk, "--resume")).output).toMatch(
      /error: --resume: .*the fraction 0.5 of luna is gone; set of luna: .*"patches":9/,
    );
    const more = [...small, ...inits, "--fractions", "0.5,1", "--runs", "3", "--resume"];
    expect((await benchmark("whole", ...more, "--dry-run")).output).toMatch(/12 runs: 8 finished/);
    const before = readFileSync(weights);
    writeFileSync(weights, Buffer.concat([before, Buffer.from([0])]));
    const { output } = await benchmark("whole", "--resume");
    writeFileSync(weights, before);
    expect(output).toMatch(/weights of luna \/ dira are not what they were/);
  });

  it("goes on without a task, says what is left out, and takes it back as it was", async () => {
    const resume = async (tasks: readonly object[], ...more: string[]): Promise<Ended> => {
      const set = { size: [8, 16, 16], batch: 4, epochs: 1, width: 2, phantoms: 8 };
      const inits = [{ name: "random" }, { name: "dira", weights: `${weights}:encoder` }];
      writeFileSync(at("tasks.json"), JSON.stringify({ tasks, inits, runs: 1, set }));
      return benchmark("tasks", "--plan", at("tasks.json"), ...more);
    };
    const [luna, lits] = [{ task: "luna" }, { task: "lits" }];
    expect((await resume([luna, lits])).output).toMatch(/\[4\/4\]/);
    const figures = readdirSync(at("tasks", "figures"));
    writeFileSync(at("tasks", "figures", "own.svg"), "");
    const without = await resume([luna], "--resume");
    const told = /lits: left out of the plan; finished runs: 2, kept in .*runs.lits until/;
    expect(without.status, without.output).toBe(0);
    expect(without.output).toMatch(told);
    expect(textOf("tasks", "report.md")).toMatch(told);
    expect(textOf("tasks", "table.md")).not.toMatch(/lits/);
    const ofLuna = figures.filter((file) => file.startsWith("luna"));
    expect(ofLuna.length).toBeLessThan(figures.length);
    expect(readdirSync(at("tasks", "figures"))).toEqual([...ofLuna, "own.svg"]);
    // What the plan says of itself later on is the same.
    expect((await benchmark("tasks", "--resume", "--dry-run")).output).toMatch(told);
    const other = await resume([luna, { ...lits, set: { epochs: 2 } }], "--resume");
    expect(other.output).toMatch(
      /error: --resume: .*options of lits are not what they were.*a task with other data or options needs another `name`/,
    );
    const only = await resume([lits], "--resume");
    expect(only.output).toMatch(/error: --resume: .*none of its tasks \(luna\) is left/);
    const back = await resume([luna, lits], "--resume");
    expect(back.output).toMatch(/4 runs: 4 finished/);
    expect(back.output).not.toMatch(/left out/);
    expect(textOf("tasks", "table.md")).toMatch(/lits/);
  });

  it("a run that fails is named, and does not stop the others", async () => {
    const junk = at("junk.safetensors");
    const header = Buffer.from("{}      ");
    writeFileSync(junk, Buffer.concat([Buffer.from(BigUint64Array.of(8n).buffer), header]));
    const options = [
      ...small,
      "--init",
      `junk=${junk}`,
      "--init",
      "random",
      "--runs",
      "1",
      "--baseline",
      "junk",
    ];
    const { output, status } = await benchmark("failing", ...options);
    expect(status).toBe(1);
    expect(output).toMatch(/failed: luna, junk, fraction 1, seed 0: .*junk\.safetensors/);
    expect(output).toMatch(/1 of 2 runs failed; the others stand/);
    expect(output).toMatch(/\| junk \| – \|\n\| random \| \*\*[\d.]+\*\* \(1\) \|/);
    expect(textOf("failing", "report.md")).toMatch(/junk, fraction 1: without the runs of seed 0/);
    expect(textOf("failing", "logs", "luna", "junk", "1", "0.log")).toMatch(/^\$ dira finetune/);
    expect(textOf("failing", "report.md")).toMatch(/random can't be compared with junk/);
  });
});

describe("dira benchmark refuses, before anything runs", () => {
  it.for<[string, readonly string[], RegExp]>([
    ["weights that are not there", [...small, "--init", "d=runs/none"], /init `d`: --init: there is no runs\/none/],
    ["data that are not there", [...small, "--init", "random", "--data", "nowhere"], /luna: there is no data at nowhere/],
    ["an unknown task", ["--task", "lunar", "--init", "random"], /no task `lunar`\. Did you mean `luna`/],
    ["an unknown option", [...small, "--init", "random", "--set", "widht=2"], /there is no `widht`/],
    ["an init without weights", [...small, ...two], /expected random or name=weights, got `again=`/],
    ["nothing to run", ["--runs", "3"], /Give --task and one --init or more, or a --plan/],
    ["a fraction that is none", [...small, "--init", "random", "--fractions", "0.5,x"], /`fractions\.1`/],
  ])("%s", async ([, options, message]) => {
    const { output, status } = await benchmark("refused", ...options);
    expect(output).toMatch(message);
    expect(status).toBe(1);
    expect(existsSync(at("refused"))).toBe(false);
  }); // prettier-ignore

  it("a plan that does not fit, or next to options of its own", async () => {
    const path = at("plan.json");
    writeFileSync(path, JSON.stringify({ tasks: [{ task: "luna", sets: {} }], inits: [] }));
    expect((await benchmark("refused", "--plan", path)).output).toMatch(/tasks\.0.*sets|inits/);
    expect((await benchmark("refused", "--plan", path, "--runs", "2")).output).toMatch(
      /--runs can't be given as well/,
    );
    expect((await benchmark("refused", "--plan", at("no.json"))).output).toMatch(
      /can't be read as JSON/,
    );
    expect(existsSync(at("refused"))).toBe(false);
  });
});
