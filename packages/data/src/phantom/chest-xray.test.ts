import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CHEST_XRAY14_LABELS,
  PHANTOM_LABELS,
  phantomChestXray,
  phantomChestXrays,
} from "../index.ts";

const cases = fc.record({ seed: fc.nat(9999), index: fc.nat(9999) });

describe("phantomChestXray, laws", () => {
  it("depends on seed and index alone, stays in [0, 1], and its findings agree", () => {
    fc.assert(
      fc.property(cases, ({ seed, index }) => {
        const p = phantomChestXray({ seed, index, size: 96 });
        expect(phantomChestXray({ seed, index, size: 96 })).toEqual(p);
        expect(p.data.every((v) => v >= 0 && v <= 1)).toBe(true);
        expect(p.labels).toEqual(
          PHANTOM_LABELS.map((label) => Number(p.findings.some((f) => f.label === label))),
        );
        for (const { mask, box } of p.findings) {
          const [y, x, height, width] = box as [number, number, number, number];
          const outside = mask.filter((v, i) => {
            const [dx, dy] = [(i % 96) - x, Math.floor(i / 96) - y];
            return v === 1 && (dx < 0 || dy < 0 || dx >= width || dy >= height);
          });
          expect(mask.includes(1)).toBe(true);
          expect(outside.length).toBe(0);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("neighbours differ and every finding comes up", () => {
    const set = Array.from({ length: 40 }, (_, index) =>
      phantomChestXray({ seed: 1, index, size: 64 }),
    );
    expect(new Set(set.map((p) => p.data.join())).size).toBe(40);
    PHANTOM_LABELS.forEach((_, label) => {
      const count = set.filter((p) => p.labels[label] === 1).length;
      expect(count).toBeGreaterThan(2);
      expect(count).toBeLessThan(25);
    });
  });
});

describe("phantomChestXray, laws of patients and studies", () => {
  it("a patient's studies differ, keep his body and chronic findings, and share no acute ones", () => {
    const prevalence = Object.fromEntries(CHEST_XRAY14_LABELS.map((label) => [label, 0.5]));
    const labelsOf = (index: number, study: number): string[] =>
      phantomChestXray({ seed: 4, index, study, size: 64, prevalence }).findings.map(
        (f) => f.label,
      );
    const both = Array.from({ length: 12 }, (_, i) => [labelsOf(i, 0), labelsOf(i, 1)] as const);
    for (const chronic of ["Cardiomegaly", "Emphysema", "Hernia"]) {
      for (const [a, b] of both) expect(a.includes(chronic)).toBe(b.includes(chronic));
    }
    expect(both.some(([a, b]) => a.includes("Effusion") !== b.includes("Effusion"))).toBe(true);
    const [a, b] = [0, 1].map((study) => phantomChestXray({ seed: 4, index: 0, study, size: 64 }));
    expect(a?.data).not.toEqual(b?.data);
  });

  it("each of the fourteen findings changes the image where its mask is", () => {
    for (const label of CHEST_XRAY14_LABELS) {
      const [without, present] = [0, 1].map((p) =>
        phantomChestXray({ seed: 5, index: 3, size: 96, prevalence: { [label]: p } }),
      );
      expect(present?.findings.map((f) => f.label)).toEqual([label]);
      const mask = present?.findings[0]?.mask ?? new Uint8Array();
      const change = (inside: number): number => {
        const at = [...mask.keys()].filter((i) => mask[i] === inside);
        const sum = at.reduce(
          (total, i) => total + Math.abs((present?.data[i] ?? 0) - (without?.data[i] ?? 0)),
          0,
        );
        return sum / at.length;
      };
      expect(change(1), label).toBeGreaterThan(0.01);
      expect(change(1), label).toBeGreaterThan(change(0));
    }
  });
});

describe("phantomChestXray, statistics", () => {
  it("lungs are darker than what lies between and below them; nodules brighter than around", () => {
    for (let index = 0; index < 20; index += 1) {
      const { data, lungs, labels, findings } = phantomChestXray({ seed: 2, index, size: 128 });
      const mean = (pick: (i: number) => boolean): number => {
        const chosen = data.filter((_, i) => pick(i));
        return chosen.reduce((a, b) => a + b, 0) / chosen.length;
      };
      const lungArea = lungs.filter((v) => v !== 0).length / lungs.length;
      expect(lungArea).toBeGreaterThan(0.12);
      expect(lungArea).toBeLessThan(0.5);
      if (labels[2] === 1) continue; // fluid whitens the lung
      const inLungs = mean((i) => lungs[i] !== 0);
      const belly = mean((i) => i >= 128 * 104 && i < 128 * 112 && Math.abs((i % 128) - 40) < 12);
      expect(inLungs).toBeLessThan(belly - 0.1);
      expect(findings.length).toBe(labels.reduce((a, b) => a + b, 0));
    }
  });

  it("grey values spread as those of ChestX-ray14 do: neither blown out nor black", () => {
    const tenths = new Array<number>(10).fill(0);
    const n = 24 * 96 * 96;
    for (let index = 0; index < 24; index += 1) {
      for (const v of phantomChestXray({ seed: 3, index, size: 96 }).data) {
        const bin = Math.min(9, Math.floor(v * 10));
        tenths[bin] = (tenths[bin] ?? 0) + 1 / n;
      }
    }
    // 75 real images: .09 .05 .05 .08 .11 .14 .18 .17 .12 .03
    expect(tenths[0]).toBeLessThan(0.25);
    expect(tenths[9]).toBeLessThan(0.12);
    expect(tenths.slice(2, 9).reduce((a, b) => a + b, 0)).toBeGreaterThan(0.65);
  });
});

describe("phantomChestXrays, examples", () => {
  it("sets that start elsewhere share no image, and read at the side asked for", async () => {
    const [a, b] = [
      phantomChestXrays({ count: 2, seed: 1 }),
      phantomChestXrays({ count: 2, seed: 1, first: 1 }),
    ];
    expect((await a.read(1, 48)).data).toEqual((await b.read(0, 48)).data);
    expect((await a.read(0, 48)).data).not.toEqual((await b.read(0, 48)).data);
    expect(a.patient?.(1)).toBe(b.patient?.(0));
    const fixed = phantomChestXrays({ count: 1, seed: 1, size: 40 });
    expect((await fixed.read(0)).shape).toEqual([40, 40]);
    expect((await fixed.read(0, 32)).shape).toEqual([32, 32]);
  });
});
