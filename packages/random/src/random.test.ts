import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "./index.ts";
import { type Block, philox4x32 } from "./philox.ts";

const hex = (block: Block): string => block.map((w) => w.toString(16).padStart(8, "0")).join(" ");
const key = fc.array(fc.oneof(fc.maxSafeInteger(), fc.string()), { minLength: 1, maxLength: 4 });

describe("parity: the published known answers of Philox4x32-10", () => {
  const ones = 0xffffffff;
  it.each<[Block, [number, number], string]>([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [[ones, ones, ones, ones], [ones, ones], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ])("%#", (counter, k, expected) => {
    expect(hex(philox4x32(counter, k))).toBe(expected);
  });
});

describe("laws", () => {
  it("a stream depends on its key alone, however it was reached", () => {
    fc.assert(
      fc.property(key, key, fc.nat(20), (a, b, draws) => {
        const parent = createRandom(...a);
        for (let i = 0; i < draws; i += 1) parent.uniform();
        const child = parent.derive(...b);
        const direct = createRandom(...a, ...b);
        for (let i = 0; i < 9; i += 1) expect(child.uniform()).toBe(direct.uniform());
      }),
    );
  });

  it("different keys give different streams", () => {
    const keys = [
      ["ab"],
      ["a", "b"],
      ["ba"],
      [1],
      ["1"],
      [1, 2],
      [12],
      [2, 1],
      [-1],
      [2 ** 32],
      ["ab", 0],
    ];
    const first = keys.map((k) => Array.from({ length: 4 }, createRandom(...k).uniform).join());
    expect(new Set(first).size).toBe(keys.length);
  });

  it("integers stay in their range and permutations hold each number once", () => {
    fc.assert(
      fc.property(
        key,
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 1, max: 60 }),
        (k, low, n) => {
          const random = createRandom(...k);
          const value = random.integer(low, low + n);
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThan(low + n);
          expect([...random.permutation(n)].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
        },
      ),
    );
  });
});

describe("statistics over fixed keys", () => {
  const n = 40000;
  it("uniform, normal and Bernoulli have the moments they should, within 4 standard errors", () => {
    const random = createRandom("moments");
    const u = Array.from({ length: n }, () => random.uniform());
    const z = new Float32Array(n);
    random.fillNormal(z, 0, 1);
    const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / n;
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(mean(z))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(mean(z.map((v) => v * v)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    const hits = Array.from({ length: n }, () => Number(random.bernoulli(0.3)));
    expect(Math.abs(mean(hits) - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / n));
  });

  it("first draws of neighbouring keys are uniform and uncorrelated (chi-squared, 63 degrees)", () => {
    const counts = new Array<number>(64).fill(0);
    for (let sample = 0; sample < 6400; sample += 1) {
      const at = (i: number): number => Math.floor(createRandom(7, 0, i, 1, "flip").uniform() * 8);
      const cell = at(sample) * 8 + at(sample + 1);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const chi = counts.reduce((sum, c) => sum + (c - 100) ** 2 / 100, 0);
    expect(chi).toBeLessThan(110); // p ≈ 0.0002
  });
});

describe("examples", () => {
  it("refuses keys and ranges that mean nothing", () => {
    expect(() => createRandom(0.5)).toThrow(/safe integer/);
    expect(() => createRandom(NaN)).toThrow(/safe integer/);
    expect(() => createRandom(1).integer(3, 3)).toThrow(/range/);
  });
  it("the stream is frozen: these values may never change", () => {
    const random = createRandom(1, 2, "flip");
    expect([random.integer(0, 1000), random.integer(0, 1000), random.integer(0, 1000)])
      .toMatchInlineSnapshot(`
      [
        514,
        138,
        979,
      ]
    `);
  });
});
