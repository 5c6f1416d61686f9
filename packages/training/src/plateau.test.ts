import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { earlyStopping, reduceOnPlateau } from "./index.ts";

describe("reduceOnPlateau", () => {
  // torch.optim.lr_scheduler.ReduceLROnPlateau(factor=0.5, patience=2), lr 1, run in PyTorch 1.13.
  it("parity: the rates that PyTorch's scheduler gives", () => {
    const values = [1, 0.9, 0.95, 0.93, 0.91, 0.89995, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.49];
    const plateau = reduceOnPlateau({ base: 1, factor: 0.5, patience: 2 });
    const rates = values.map((value) => {
      plateau.observe(value);
      return plateau.rate;
    });
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]);
  });

  it("law: gone on with from its state, it is the one that never stopped", () => {
    const values = fc.array(fc.double({ min: 0.1, max: 2, noNaN: true }), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(values, fc.nat(29), fc.constantFrom("min", "max"), (all, cut, mode) => {
        const options = { base: 1, patience: 1, mode } as const;
        const whole = reduceOnPlateau(options);
        all.forEach((value) => whole.observe(value));
        const first = reduceOnPlateau(options);
        all.slice(0, cut).forEach((value) => first.observe(value));
        const second = reduceOnPlateau(options, JSON.parse(JSON.stringify(first.state)));
        all.slice(cut).forEach((value) => second.observe(value));
        // JSON turns the infinity of the beginning into null.
        if (cut > 0) expect(second.state).toEqual(whole.state);
      }),
    );
  });

  it("refuses what makes no sense", () => {
    expect(() => reduceOnPlateau({ base: 0 })).toThrow(/base > 0/);
    expect(() => reduceOnPlateau({ base: 1 }).observe(NaN)).toThrow(/got NaN/);
  });
});

describe("earlyStopping", () => {
  it("is due once nothing was better for so many in a row", () => {
    const stopping = earlyStopping({ patience: 2, mode: "max" });
    const told = [0.5, 0.6, 0.6, 0.59].map((value) => [stopping.observe(value), stopping.due]);
    expect(told).toEqual([
      [true, false],
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(stopping.state).toEqual({ best: 0.6, waited: 2 });
  });
});
