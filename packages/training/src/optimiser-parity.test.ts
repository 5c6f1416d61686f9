import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startEngine } from "@dira/engine";
import { relativeError } from "@dira/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { exactValues, type TorchOptions, train, type Values } from "../test/by-torch.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

interface Golden {
  readonly shapes: Record<string, number[]>;
  readonly steps: number;
  readonly cases: Record<string, { options: TorchOptions; float64: Values; float32: Values }>;
}

const file = (name: string): string => fileURLToPath(new URL(`../test/${name}`, import.meta.url));
const golden = JSON.parse(readFileSync(file("optimisers.json"), "utf8")) as Golden;
const shapes = Object.entries(golden.shapes);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const start = Object.fromEntries(
  shapes.map(([name, s]) => [name, exactValues(sizeOf(s), (i) => (i - sizeOf(s) / 2) / 8)]),
);
const gradients = exactValues(golden.steps, (i) => i + 1).map((t) =>
  Object.fromEntries(
    shapes.map(([name, s], index) => {
      const at = (i: number): number => ((t * 7919 + i * 104729 + index * 611) % 2003) - 1001;
      return [name, exactValues(sizeOf(s), (i) => at(i) / 1024)];
    }),
  ),
);

const python = pythonWith(["torch"], "Optimisers against PyTorch run here are");
const engines = await enginesHere(["cpu", "tensorflow", "torch"]);

describe.each(engines)("parity: optimisers with PyTorch over 50 steps, on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  it.each(Object.entries(golden.cases))("%s", (_, { options, float64, float32 }) => {
    const ours = train(options, start, gradients, golden.shapes);
    expect(Object.keys(ours)).toEqual(Object.keys(float64));
    const all = (values: Values): number[] => Object.values(values).flat();
    const error = relativeError(all(ours), all(float64));
    const theirs = relativeError(all(float32), all(float64));
    expect(error).toBeLessThan(2 * theirs + 1e-8);
    expect(error).toBeLessThan(1e-6);
  });
});

describe("parity: the stored results", () => {
  it.skipIf(python === undefined)("are what PyTorch gives here", () => {
    const stdout = runPython(python as string, [file("optimisers.py")]);
    const fresh = JSON.parse(stdout) as Golden;
    expect(Object.keys(fresh.cases)).toEqual(Object.keys(golden.cases));
    for (const [name, { options, float64 }] of Object.entries(fresh.cases)) {
      expect(options).toEqual(golden.cases[name]?.options);
      for (const [parameter, values] of Object.entries(float64)) {
        const stored = golden.cases[name]?.float64[parameter] ?? [];
        expect(relativeError(stored, values), `${name}, ${parameter}`).toBeLessThan(1e-12);
      }
    }
  });
});
