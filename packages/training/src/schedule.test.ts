import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant, cosine, stepDecay, warmup } from "./index.ts";

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const count = fc.integer({ min: 1, max: 300 });

describe("laws: schedules", () => {
  it("the cosine starts at its base, never rises and ends at its final rate", () => {
    fc.assert(
      fc.property(rate, rate, count, count, (x, y, steps, every) => {
        const [base, final] = [Math.max(x, y), Math.min(x, y)];
        const lr = cosine({ base, final, steps, every });
        expect(lr(0)).toBeCloseTo(base, 12);
        const end = Math.ceil(steps / every) * every;
        expect(lr(end)).toBeCloseTo(final, 12);
        expect(lr(end + 99)).toBe(lr(end));
        for (let step = 0; step < steps; step += 1) {
          expect(lr(step + 1)).toBeLessThanOrEqual(lr(step));
          if ((step + 1) % every !== 0) expect(lr(step + 1)).toBe(lr(step));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("a warm-up rises to where the next schedule starts, which then runs unchanged", () => {
    fc.assert(
      fc.property(rate, count, count, (base, steps, rest) => {
        const after = cosine({ base, steps: rest });
        const lr = warmup({ steps, after });
        expect(lr(0)).toBe(0);
        for (let step = 0; step < steps; step += 1) {
          expect(lr(step)).toBeCloseTo((base * step) / steps, 12);
        }
        for (const step of [0, 1, rest]) expect(lr(steps + step)).toBe(after(step));
      }),
    );
  });
});

describe("examples: schedules", () => {
  it("at their ends and middles", () => {
    expect(constant(2)(99)).toBe(2);
    const lr = cosine({ base: 0.03, steps: 20, final: 0.01 });
    expect([lr(0), lr(10), lr(20)].map((x) => Number(x.toFixed(12)))).toEqual([0.03, 0.02, 0.01]);
    expect(cosine({ base: 1, steps: 20, every: 5 })(4)).toBe(1);
    const drops = stepDecay({ base: 8, milestones: [2, 4], factor: 0.5 });
    expect([0, 1, 2, 3, 4, 99].map(drops)).toEqual([8, 8, 4, 4, 2, 2]);
    const warm = warmup({ steps: 4, from: 1, after: constant(3) });
    expect([0, 1, 2, 3, 4, 5].map(warm)).toEqual([1, 1.5, 2, 2.5, 3, 3]);
  });

  it("refuse what makes no schedule", () => {
    expect(() => constant(-1)).toThrow(/constant: `rate` must be at least 0, got -1/);
    expect(() => cosine({ base: 1, steps: 0 })).toThrow(/`steps` must be at least 1, got 0/);
    expect(() => stepDecay({ base: 1, milestones: [3, 3] })).toThrow(/must rise.*\[3, 3\]/);
    expect(() => warmup({ steps: 0, after: constant(1) })).toThrow(/`steps`/);
  });
});
