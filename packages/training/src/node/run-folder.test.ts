import { appendFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRun } from "./index.ts";
import { decodeRecords } from "./tf-record.ts";

const folder = (): string => join(mkdtempSync(join(tmpdir(), "dira-training-")), "run");
const linesOf = (path: string): string => readFileSync(join(path, "metrics.jsonl"), "utf8");
const upTo = (count: number): string =>
  Array.from({ length: count }, (_, i) => `{"step":${i + 1},"loss":0.5}\n`).join("");
const eventsIn = (path: string): number =>
  readdirSync(path)
    .filter((name) => name.includes("tfevents"))
    .flatMap((name) => decodeRecords(readFileSync(join(path, name)))).length;

describe("laws: run folders", () => {
  it("however a run was cut, going on from its checkpoint logs each step once", () => {
    const cases = fc
      .record({ saved: fc.nat(6), more: fc.nat(4), cut: fc.nat(26), total: fc.nat(3) })
      .map(({ saved, more, cut, total }) => ({ saved, logged: saved + more, cut, total }));
    fc.assert(
      fc.property(cases, ({ saved, logged, cut, total }) => {
        const path = folder();
        const first = openRun(path, { config: {} });
        for (let step = 1; step <= logged; step += 1) first.log({ step, loss: 0.5 });
        appendFileSync(
          join(path, "metrics.jsonl"),
          `{"step":${logged + 1},"loss":0.5}`.slice(0, cut),
        );

        const resumed = openRun(path, { config: {}, resume: true });
        expect(linesOf(path)).toBe(upTo(logged));
        resumed.truncateLog(saved);
        expect(linesOf(path)).toBe(upTo(saved));
        expect(resumed.logged()).toBe(saved);
        for (let step = saved + 1; step <= logged + total; step += 1) {
          resumed.log({ step, loss: 0.5 });
        }
        resumed.flush();
        expect(linesOf(path)).toBe(upTo(logged + total));
        expect(eventsIn(path)).toBe(1 + logged + total);
      }),
      { numRuns: 30 },
    );
  });
});

describe("examples: run folders", () => {
  it("lines without a step count by their place; a damaged one is named", () => {
    const path = folder();
    const run = openRun(path, { config: {} });
    for (const note of ["a", "b", "c"]) run.log({ note });
    run.truncateLog(2);
    expect(linesOf(path)).toBe('{"note":"a"}\n{"note":"b"}\n');
    writeFileSync(join(path, "metrics.jsonl"), '{"step":1}\n{"st\n{"step":3}\n');
    expect(() => run.truncateLog(9)).toThrow(/metrics.jsonl, line 2: expected a JSON object/);
  });

  it("another run is not overwritten, and resuming needs the same options", () => {
    const path = folder();
    expect(() => openRun(path, { config: {}, resume: true })).toThrow(/there is no run/);
    openRun(path, { config: { a: 1 }, provenance: { engine: "x" } });
    const before = readFileSync(join(path, "config.json"), "utf8");
    expect(JSON.parse(before)).toEqual({ a: 1, provenance: { engine: "x" } });
    expect(() => openRun(path, { config: { a: 1 } })).toThrow(
      /already holds a run \(checkpoints, config.json, images\).*--resume, or choose another --out/,
    );
    expect(() => openRun(path, { config: { a: 2 }, resume: true })).toThrow(/a: 1 before, 2 now/);
    openRun(path, { config: { a: 1 }, provenance: { engine: "y" }, resume: true });
    expect(readFileSync(join(path, "config.json"), "utf8")).toBe(before);
    expect(() => openRun(folder(), { config: { provenance: 1 } })).toThrow(/key `provenance`/);
  });

  it("differing options are named by their path; order and undefined do not count", () => {
    const path = folder();
    openRun(path, { config: { steps: 9, g: { lr: 0.1, kind: "adam" }, list: [1, 2] } });
    const resume = (config: Record<string, unknown>): object =>
      openRun(path, { config, resume: true });
    resume({ list: [1, 2], g: { kind: "adam", lr: 0.1 }, steps: 9, extra: undefined });
    expect(() => resume({ steps: 10, g: { lr: 0.2, kind: "adam" }, list: [2, 1] })).toThrow(
      "(steps: 9 before, 10 now; g.lr: 0.1 before, 0.2 now; list: [1,2] before, [2,1] now)",
    );
    writeFileSync(join(path, "config.json"), "{");
    expect(() => resume({})).toThrow(/config.json is not JSON/);
  });

  it("a folder with other files is left alone", () => {
    const path = mkdtempSync(join(tmpdir(), "dira-training-"));
    writeFileSync(join(path, "mine.txt"), "");
    expect(() => openRun(path, { config: {} })).toThrow(
      /is not empty \(mine.txt\). Choose another/,
    );
    expect(readdirSync(path)).toEqual(["mine.txt"]);
  });
});
