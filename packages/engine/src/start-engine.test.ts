import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { formatDoctor } from "./node/format-doctor.ts";
import { inspectEngines } from "./node/inspect.ts";
import { checkNode } from "./node/load-tensorflow.ts";
import { cacheState } from "./node/manifest.ts";
import { engineFolder } from "./node/paths.ts";
import { addonFile } from "./node/torch/load-torch.ts";
import { ENGINE_NAMES, EngineError, startEngine } from "./index.ts";

const prepared =
  cacheState(engineFolder("cpu")) === "sound" || cacheState(engineFolder("cuda")) === "sound";
if (!prepared) console.log("tests of the tensorflow engine are skipped: run `npm run setup` first");

const whyNoTorch = await addonFile().then(
  () => undefined,
  (error: unknown) => String(error),
);
if (whyNoTorch !== undefined) console.log(`tests of the torch engine are skipped: ${whyNoTorch}`);

/** A self-check that only these engines pass. */
const only =
  (...good: string[]) =>
  (): string[] =>
    good.includes(tf.getBackend()) ? [] : ["conv 3D", "maxPool 2D"];

afterEach(async () => {
  vi.unstubAllEnvs();
  await tf.setBackend("cpu");
});

describe("startEngine, examples", () => {
  it("starts cpu and reports it", async () => {
    const report = await startEngine("cpu", { check: () => [] });
    expect(tf.getBackend()).toBe("cpu");
    expect(report).toMatchObject({ name: "cpu", device: "CPU", rejected: [] });
    expect(report.abilities).toEqual({
      native: false,
      device: "CPU",
      threads: 1,
      training: "passed",
      failing: [],
    });
    expect(report.reason).toContain("self-check passed");
  });

  it("starts wasm, which computes", async () => {
    const report = await startEngine("wasm");
    expect(tf.getBackend()).toBe("wasm");
    expect(report.abilities.training).toBe("unchecked");
    expect(tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync()).toEqual(
      new Float32Array([3, 3, 3, 3]),
    );
  });

  it("refuses an engine for training that fails, naming the operations, and goes back", async () => {
    await startEngine("cpu");
    const refused = startEngine("wasm", { check: only("cpu") });
    await expect(refused).rejects.toThrow(EngineError);
    await expect(refused).rejects.toThrow(/`wasm` fails its self-check \(conv 3D, maxPool 2D\)/);
    expect(tf.getBackend()).toBe("cpu");
  });

  it("takes it for inference, and says what fails", async () => {
    const report = await startEngine("wasm", { check: only("cpu"), purpose: "inference" });
    expect(tf.getBackend()).toBe("wasm");
    expect(report.abilities.training).toBe("failed");
    expect(report.abilities.failing).toEqual(["conv 3D", "maxPool 2D"]);
  });

  it("awaits an asynchronous check, and refuses one that breaks off", async () => {
    const late = (): Promise<string[]> => Promise.resolve(["conv 2D"]);
    await expect(startEngine("cpu", { check: late })).rejects.toThrow(/conv 2D/);
    const broken = (): string[] => {
      throw new Error("first line\n    at a foreign stack");
    };
    await expect(startEngine("cpu", { check: broken })).rejects.toThrow(/first line\)\. Use/);
  });

  it("auto falls through to cpu and says why not the others", async () => {
    const report = await startEngine("auto", { check: only("cpu") });
    expect(report.name).toBe("cpu");
    expect(report.rejected.map(({ name }) => name)).toEqual(["torch", "tensorflow", "wasm"]);
    expect(report.rejected[2]?.why).toContain("conv 3D");
    for (const { why } of report.rejected) expect(why).not.toContain("\n");
  });

  it("auto refuses when none will do, in one line", async () => {
    const refused = startEngine("auto", { check: only() });
    await expect(refused).rejects.toThrow(/^startEngine: no engine could be started\. [^\n]*$/);
  });

  it("refuses a name that it doesn't know", async () => {
    await expect(startEngine("webgl" as "cpu")).rejects.toThrow(/expected "auto".*got "webgl"/);
  });

  it("refuses torch where its addon is not built, in one line with the cure", async () => {
    vi.stubEnv("DIRA_TORCH_ADDON", "");
    vi.stubEnv("LIBTORCH", "");
    vi.stubEnv("DIRA_CACHE", import.meta.dirname);
    const refused = startEngine("torch");
    await expect(refused).rejects.toThrow(EngineError);
    await expect(refused).rejects.toThrow(
      /^Engine `torch`: .*not built yet[^\n]*dira doctor --fix[^\n]*$/,
    );
  });

  it("refuses tensorflow on Node 23 and later", () => {
    expect(() => checkNode("23.0.0")).toThrow(/Use Node 20 or 22/);
    expect(() => checkNode("22.11.0")).not.toThrow();
  });
});

describe("the door, examples", () => {
  it("imports nothing of Node statically, so that a browser can load it", () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, from = ""] of readFileSync(file, "utf8").matchAll(/^.*\bfrom "(.+)";$/gm)) {
        expect(from, file).not.toMatch(/^node:/);
        if (from.startsWith(".")) visit(join(dirname(file), from));
      }
    };
    visit(join(import.meta.dirname, "index.ts"));
    expect(seen.size).toBeGreaterThanOrEqual(4);
  });
});

describe.skipIf(!prepared)("tensorflow, whole runs", () => {
  it("is what auto takes where torch is not built", async () => {
    vi.stubEnv("DIRA_TORCH_ADDON", "/none");
    const report = await startEngine("auto");
    expect(report).toMatchObject({ name: "tensorflow", rejected: [{ name: "torch" }] });
    expect(report.version).toMatch(/^TensorFlow \d+\.\d+/);
    expect(report.abilities.native).toBe(true);
  });

  it("computes the same bits every time, forward and backward", async () => {
    await startEngine("tensorflow");
    const image = tf.randomNormal<tf.Rank.R4>([2, 16, 16, 16], 0, 1, "float32", 1);
    const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 16, 16], 0, 0.1, "float32", 2);
    const volume = tf.randomNormal<tf.Rank.R5>([2, 8, 8, 8, 8], 0, 1, "float32", 3);
    const filter3 = tf.randomNormal<tf.Rank.R5>([3, 3, 3, 8, 8], 0, 0.1, "float32", 4);
    const once = (): string => {
      const hash = createHash("sha256");
      tf.tidy(() => {
        const in2d = tf.grads((x, w) =>
          tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same"))),
        );
        const in3d = tf.grads((x, w) =>
          tf.sum(tf.square(tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, "same"))),
        );
        for (const gradient of [...in2d([image, filter]), ...in3d([volume, filter3])])
          hash.update(gradient.dataSync());
      });
      return hash.digest("hex");
    };
    expect(new Set(Array.from({ length: 10 }, once)).size).toBe(1);
  });
});

describe.skipIf(whyNoTorch !== undefined)("torch, whole runs", () => {
  it("is what auto takes if it passes the self-check", async () => {
    const report = await startEngine("auto", { check: only("torch") });
    expect(report).toMatchObject({ name: "torch", rejected: [] });
    expect(report.version).toMatch(/^LibTorch \d+\.\d+/);
    expect(report.abilities.native).toBe(true);
    expect(tf.add(tf.ones([2, 3]), 1).dataSync()).toEqual(new Float32Array(6).fill(2));
  });

  it("is passed over if it does not", async () => {
    const report = await startEngine("auto", { check: only("cpu") });
    expect(report.rejected[0]?.why).toMatch(/`torch` fails its self-check \(conv 3D/);
  });
});

describe("inspectEngines, whole runs", () => {
  it("looks at every engine and goes back to the one in use", async () => {
    await tf.setBackend("cpu");
    const report = await inspectEngines({ check: only("cpu"), budgetMs: 50 });
    expect(tf.getBackend()).toBe("cpu");
    expect(report.auto).toBe("cpu");
    expect(report.engines.map(({ name }) => name)).toEqual([...ENGINE_NAMES]);
    expect(report.engines[2]).toMatchObject({ found: true, failing: ["conv 3D", "maxPool 2D"] });
    expect(report.engines[3]?.gflops).toBeGreaterThan(0);
    const text = formatDoctor(report);
    expect(text).toMatch(/^wasm: .*not for training.*conv 3D.*GFLOP\/s$/m);
    expect(text).toMatch(/^cpu: .*with 1 thread, self-check passed/m);
    expect(text).toMatch(/^auto: takes cpu$/m);
  });
});
