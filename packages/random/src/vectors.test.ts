import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, type KeyPart } from "./index.ts";

// A second implementation, from the README alone, in 64-bit arithmetic.
const MASK = 0xffff_ffffn;
type Words = bigint[];

function philox(counter: Words, key: Words): Words {
  let [c0, c1, c2, c3] = counter as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key as [bigint, bigint];
  for (let round = 0; round < 10; round += 1) {
    const [p, q] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(q >> 32n) ^ c1 ^ k0, q & MASK, (p >> 32n) ^ c3 ^ k1, p & MASK];
    [k0, k1] = [(k0 + 0x9e3779b9n) & MASK, (k1 + 0xbb67ae85n) & MASK];
  }
  return [c0, c1, c2, c3];
}

function stateOf(key: readonly KeyPart[]): Words {
  let state: Words = [0x64697261n, 0n, 0n, 0n];
  const fold = (low: bigint, high: bigint): void => {
    state = philox(state, [low, high]).map((word, i) => word ^ (state[i] ?? 0n));
  };
  for (const part of key) {
    if (typeof part === "number") {
      fold(1n, 8n);
      fold(BigInt.asUintN(32, BigInt(part)), BigInt.asUintN(32, BigInt(part) >> 32n));
    } else {
      fold(2n, BigInt(part.length));
      for (let i = 0; i < part.length; i += 4) {
        const [a, b, c, d] = [0, 1, 2, 3].map((k) => BigInt(part.charCodeAt(i + k) || 0));
        fold((a ?? 0n) | ((b ?? 0n) << 16n), (c ?? 0n) | ((d ?? 0n) << 16n));
      }
    }
  }
  return state;
}

function wordsOf([s0, s1, s2, s3]: Words, count: number): Words {
  const blocks = Array.from({ length: Math.ceil(count / 4) }, (_, n) =>
    philox([BigInt(n), 0n, s2 ?? 0n, s3 ?? 0n], [s0 ?? 0n, s1 ?? 0n]),
  );
  return blocks.flat().slice(0, count);
}

const hex = (words: Words): string => words.map((w) => w.toString(16).padStart(8, "0")).join(" ");
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("parity with a second implementation", () => {
  it("words of any key", () => {
    const key = fc.array(
      fc.oneof(fc.maxSafeInteger(), fc.string({ unit: "binary", maxLength: 9 })),
      {
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(key, (parts) => {
        const random = createRandom(...parts);
        const drawn = Array.from({ length: 9 }, () => BigInt(random.integer(0, 2 ** 32)));
        expect(hex(drawn)).toBe(hex(wordsOf(stateOf(parts), 9)));
      }),
      { numRuns: 30 },
    );
  });

  it("draws of any word", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 2 ** 31 }), (part, range) => {
        const [w, v] = wordsOf(stateOf([part]), 2).map(Number) as [number, number];
        expect(createRandom(part).uniform(2, 5)).toBe(2 + (3 * w) / 2 ** 32);
        const skipped = w >= 2 ** 32 - (2 ** 32 % range);
        if (!skipped) expect(createRandom(part).integer(-3, range - 3)).toBe((w % range) - 3);
        const radius = Math.sqrt(-2 * Math.log((w + 1) / 2 ** 32));
        const angle = (2 * Math.PI * v) / 2 ** 32;
        expect(createRandom(part).normal()).toBeCloseTo(radius * Math.cos(angle), 12);
        const out = new Float32Array(2);
        createRandom(part).fillNormal(out, 1, 2);
        expect(out[1]).toBeCloseTo(1 + 2 * radius * Math.sin(angle), 5);
        createRandom(part).fillUniform(out, 0, 1);
        expect(out[0]).toBe(Math.floor(w / 256) / 2 ** 24);
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, KeyPart[]]>([
    ["(none)", []],
    ["`0`", [0]],
    ["`-1`", [-1]],
    ["`4294967296`", [4294967296]],
    ['`""`', [""]],
    ['`"flip"`', ["flip"]],
    ['`1, 2, "flip"`', [1, 2, "flip"]],
    ['`0, 3, 17, 1, "flip"`', [0, 3, 17, 1, "flip"]],
  ])("the README's vectors of %s", (written, parts) => {
    const row = readme.split("\n").find((line) => line.startsWith(`| ${written} `));
    const random = createRandom(...parts);
    const drawn = Array.from({ length: 5 }, () => BigInt(random.integer(0, 2 ** 32)));
    expect(row).toContain(`\`${hex(stateOf(parts))}\``);
    expect(row).toContain(`\`${hex(drawn)}\``);
  });
});
