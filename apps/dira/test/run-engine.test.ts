import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readResult } from "../src/benchmarking/read-results.ts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dira, main } from "./command.ts";
import { endAfter } from "./end-after.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-run-engine-"));
afterAll(() => rmSync(home, { recursive: true }));
const at = (...parts: readonly string[]): string => join(home, ...parts);

/** Six steps of stage D on 32 × 32 phantoms, a checkpoint after each; `auto` unless an engine is named. */
const pretrain = (name: string, ...more: readonly string[]): string[] => [
  ..."pretrain --recipe dira-2d-moco --arch resnet18 --size 32 --batch 4 --steps 6".split(" "),
  ..."--stages d --set objective.queueSize=8 --set phantoms=8 --set workers=0".split(" "),
  ...["--set", "width=4", "--set", "checkpointEvery=1", "--out", at(name), ...more],
];

interface Provenance {
  engine: { name: string; version: string; device: string };
  laterEngines?: { name: string }[];
}

const configOf = (name: string): { provenance: Provenance } =>
  JSON.parse(readFileSync(at(name, "config.json"), "utf8"));

function copyOf(name: string): string {
  cpSync(at("begun"), at(name), { recursive: true });
  return name;
}

describe("the engine of a run that is gone on with, whole runs on phantoms", () => {
  // `auto` takes cpu last, and wasm is there wherever TensorFlow.js is: it would not take this run's.
  beforeAll(async () => {
    const log = at("begun", "metrics.jsonl");
    await endAfter(["node", main, ...pretrain("begun", "--engine", "cpu")], log, 2, "SIGINT");
  });

  it("auto keeps the engine that the run began on, so that it ends bit for bit as on one", async () => {
    const whole = await dira(...pretrain("whole", "--engine", "cpu"));
    expect(whole.status, whole.output).toBe(0);
    const resumed = await dira(...pretrain(copyOf("kept"), "--resume"));
    expect(resumed.output).toMatch(/^engine: cpu \(/m);
    expect(resumed.output).not.toMatch(/rounding/);
    expect(resumed.output).toMatch(/resumed at step [2-5] of 6/);
    const last = join("checkpoints", "last.safetensors");
    expect(readFileSync(at("kept", last)).equals(readFileSync(at("whole", last)))).toBe(true);
    expect(configOf("kept").provenance).not.toHaveProperty("laterEngines");
  });

  it("a named engine wins, says what that means, is noted, and is kept from then on", async () => {
    const other = await dira(...pretrain(copyOf("other"), "--resume", "--engine", "wasm"));
    expect(other.output).toMatch(/^engine: wasm \(/m);
    expect(other.output).toMatch(
      /^engine: the run used cpu \(.* on CPU\) before; its results will differ by rounding/m,
    );
    const { engine, laterEngines } = configOf("other").provenance;
    expect([engine, ...(laterEngines ?? [])].map(({ name }) => name)).toEqual(["cpu", "wasm"]);
    const again = await dira(...pretrain("other", "--resume"));
    expect(again.output).toMatch(/^engine: wasm \(/m);
    expect(again.output).not.toMatch(/rounding/);
    expect(configOf("other").provenance.laterEngines).toHaveLength(1);
    // A benchmark reads what made a run from the same file.
    const test = { metric: "auroc", mean: { value: 0.5, patients: 1 }, each: {}, images: 1 };
    writeFileSync(at("other", "test.json"), JSON.stringify(test));
    const run = { task: "", init: "", fraction: 1, seed: 0, log: "", args: [] };
    const { madeBy } = readResult({ ...run, folder: at("other") });
    expect(madeBy).toMatch(/^dira .* \(commit .*\), cpu \(.* on CPU\), then wasm \(.* on CPU\)$/);
  });

  it("an engine that is not there any more: refused with what there is, nothing written", () => {
    const config = configOf(copyOf("moved"));
    config.provenance.engine = { name: "tensorflow", version: "TensorFlow 2.21.0", device: "GPU" };
    const text = JSON.stringify(config);
    writeFileSync(at("moved", "config.json"), text);
    const log = readFileSync(at("moved", "metrics.jsonl"), "utf8");
    // A cache without engines: only those in JavaScript and WebAssembly start.
    const env = { ...process.env, DIRA_CACHE: at("empty"), DIRA_TORCH_ADDON: undefined };
    const args = [main, ...pretrain("moved", "--resume")];
    const { status, stderr } = spawnSync("node", args, { encoding: "utf8", env });
    expect(stderr.trim()).toMatch(
      /^error: --resume: the run in .*moved used the engine tensorflow \(TensorFlow 2\.21\.0 on GPU\), which can't be used now: .* There is wasm \(.*\): go on with it by --engine wasm .*, or make tensorflow ready again\.$/,
    );
    expect(status).toBe(1);
    expect(readFileSync(at("moved", "config.json"), "utf8")).toBe(text);
    expect(readFileSync(at("moved", "metrics.jsonl"), "utf8")).toBe(log);
  });
});
