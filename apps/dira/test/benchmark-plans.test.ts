import { describe, expect, it } from "vitest";
import { checkPlan, weightsOf } from "../src/benchmarking/plan.ts";
import { planDifferences } from "../src/benchmarking/saved-plan.ts";

describe("plans", () => {
  const plan = (more: object = {}): ReturnType<typeof checkPlan> =>
    checkPlan({ tasks: [{ task: "luna" }], inits: [{ name: "random" }], ...more });
  it.each([
    [null, { weights: null, stage: null }],
    ["a/run", { weights: "a/run", stage: null }],
    ["a/run:dr", { weights: "a/run", stage: "dr" }],
    ["a/run:dra:encoder", { weights: "a/run", stage: "dra", part: "encoder" }],
    [
      "C:\\file.safetensors:encoder",
      { weights: "C:\\file.safetensors", stage: null, part: "encoder" },
    ],
    [{ luna: "run:d" }, { weights: "run", stage: "d" }],
    [{ lits: "run" }, undefined],
  ])("the weights %s", (weights, expected) => {
    expect(weightsOf({ name: "x", weights }, "luna")).toEqual(expected);
  });

  it("are checked, and have the paper's ten runs", () => {
    expect(plan()).toMatchObject({ runs: 10, fractions: [1], baseline: "random", compare: "all" });
    expect(() => plan({ runs: 0 })).toThrow(/`runs`/);
    expect(() => plan({ fractions: [0.1, 0.1] })).toThrow(/fraction 0\.1 occurs twice/);
    expect(() => plan({ inits: [{ name: "../x" }] })).toThrow(/name of a folder/);
    expect(() => plan({ baseline: "d" })).toThrow(/`baseline` d is none of the inits random/);
    expect(() => plan({ set: { seed: 1 } })).toThrow(/may not hold/);
    expect(() => plan({ tasks: [{ task: "luna" }, { task: "luna" }] })).toThrow(/`luna` occurs/);
  });

  it("runs, fractions, inits and tasks may be added, tasks left out; what else differs is named", () => {
    const before = plan({ runs: 2, fractions: [0.5, 1] });
    const more = plan({
      ...{ runs: 3, fractions: [1, 0.1, 0.5], inits: [{ name: "dira", weights: "x" }, { name: "random" }] }, // prettier-ignore
      tasks: [{ task: "lits" }, { task: "luna" }],
    });
    expect(planDifferences(before, more)).toEqual([]);
    expect(planDifferences(more, before)).toEqual([
      ...["the fraction 0.1 of luna is gone", "the init dira is gone"],
      "runs: 3 before, 2 now",
    ]);
    const other = plan({ runs: 2, fractions: [0.5, 1], set: { epochs: 3 }, compare: "baseline" });
    expect(planDifferences(before, other)).toEqual([
      'set of luna: {} before, {"epochs":3} now',
      'compare: "all" before, "baseline" now',
    ]);
    expect(planDifferences(before, plan({ tasks: [{ task: "lits" }] }))).toEqual([
      "none of its tasks (luna) is left",
    ]);
  });

  it("weights by the task's name are compared for the tasks that both plans run", () => {
    const of = (weights: Readonly<Record<string, string>>): ReturnType<typeof plan> =>
      plan({
        tasks: ["luna", ...Object.keys(weights).filter((name) => name !== "luna")].map((task) => ({
          task,
        })),
        inits: [{ name: "random" }, { name: "d", weights }],
      });
    const both = of({ luna: "a", lits: "b" });
    expect(planDifferences(both, of({ luna: "a" }))).toEqual([]);
    expect(planDifferences(of({ luna: "a" }), both)).toEqual([]);
    expect(planDifferences(of({ lits: "b" }), both)).toEqual([]);
    expect(planDifferences(both, of({ luna: "c" }))).toEqual([
      'weights of d: {"luna":"a"} before, {"luna":"c"} now',
    ]);
    expect(planDifferences(both, of({ lits: "b" }))).toEqual([
      'weights of d: {"luna":"a","lits":"b"} before, {"lits":"b"} now',
    ]);
  });
});
