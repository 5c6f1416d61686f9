import { describe, expect, it } from "vitest";
import { compareInits } from "../src/benchmarking/compare.ts";
import {
  averagePredictions,
  comparePatients,
  measurePatients,
} from "../src/benchmarking/predictions.ts";
import { parsePredictions, type RunResult } from "../src/benchmarking/read-results.ts";
import {
  compareImageScores,
  measureImageScores,
  parseImageScores,
} from "../src/benchmarking/image-scores.ts";
import { intervalRows, sentencesOf, testRows } from "../src/benchmarking/sentences.ts";
import type { Cell, TaskResults } from "../src/benchmarking/summarise.ts";
import { latexText, markdownText } from "../src/benchmarking/tables/escape.ts";
import { tablesOf } from "../src/benchmarking/tables/table.ts";
import { csvTable, latexTable, markdownTable } from "../src/benchmarking/tables/write.ts";
import { runPool, runsAtOnce } from "../src/benchmarking/pool.ts";
import { csvOf } from "../src/csv.ts";

const runOf = (value: number | undefined, seed: number): RunResult => ({
  ...{ seed, value, metric: "auroc", images: 9, patients: 8, madeBy: "" },
});
function cell(init: string, values: readonly (number | undefined)[], fraction = 1): Cell {
  const known = values.filter((value) => value !== undefined);
  const mean = known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0) / known.length;
  const squares = known.reduce((sum, v) => sum + (v - (mean ?? 0)) ** 2, 0);
  const std = known.length < 2 ? undefined : Math.sqrt(squares / (known.length - 1));
  const overPatients = {
    value: mean,
    low: 0.75,
    high: undefined,
    patients: 8,
    undefinedResamples: 0,
  };
  return { init, fraction, runs: values.map(runOf), mean, std, n: known.length, overPatients, missing: [] }; // prettier-ignore
}
function taskOf(cells: readonly Cell[], pairs: "all" | "baseline" = "all"): TaskResults {
  const inits = [...new Set(cells.map(({ init }) => init))];
  const fractions = [...new Set(cells.map(({ fraction }) => fraction))];
  const options = { cells, fractions, inits, baseline: "random", pairs };
  const comparisons = compareInits({ ...options, patients: () => undefined });
  return { name: "luna", metric: "auroc", fractions, inits, cells, comparisons };
}
const A = [0.8112, 0.813, 0.8095, 0.8102, 0.8125, 0.811];
const B = [0.8035, 0.805, 0.808, 0.8011, 0.8042];

describe("comparisons of inits", () => {
  it("golden: SciPy 1.17.1's ttest_ind(equal_var=False) and confidence_interval; Holm by hand", () => {
    const { comparisons } = taskOf([cell("random", B), cell("dira", A), cell("d", [0.81, 0.82])]);
    expect(comparisons.map(({ init, against }) => `${init}-${against}`)).toEqual(["dira-random", "d-random", "d-dira"]); // prettier-ignore
    const [first, ...others] = comparisons;
    expect(first?.statistic).toBeCloseTo(5.524874992795428, 8);
    expect(first?.pValue).toBeCloseTo(0.0016110655809283125, 10);
    expect(first?.low).toBeCloseTo(0.003809811628774089, 10);
    expect(first?.high).toBeCloseTo(0.009936855037892708, 10);
    expect(first?.hedgesG).toBeCloseTo(3.2362450355700716, 8);
    expect(first?.adjusted).toBeCloseTo(3 * 0.0016110655809283125, 10);
    const p = others.map(({ pValue }) => pValue ?? NaN);
    const [small, large] = [Math.min(...p), Math.max(...p)];
    const adjusted = others.map((one) => one.adjusted ?? NaN).sort((x, y) => x - y);
    expect(adjusted[0]).toBeCloseTo(Math.min(1, 2 * small), 12);
    expect(adjusted[1]).toBeCloseTo(Math.max(Math.min(1, 2 * small), large), 12);
    expect(first).toMatchObject({ n: [6, 5], betterSeeds: 5, commonSeeds: 5 });
  });

  it("no test of one run, or where neither varies: it says why, and is not counted", () => {
    const { comparisons } = taskOf([
      ...[cell("random", [0.5, 0.5]), cell("same", [0.5, 0.5]), cell("one", [0.7])],
      ...[cell("good", [0.9, 0.91]), cell("none", [undefined])],
    ]);
    const found = (init: string): object | undefined =>
      comparisons.find((one) => one.init === init && one.against === "random");
    expect(found("same")).toMatchObject({ difference: 0, pValue: undefined, adjusted: undefined });
    expect(found("same")).toMatchObject({ untested: expect.stringMatching(/neither varies/) });
    expect(found("one")).toMatchObject({ untested: expect.stringMatching(/there are 1 and 2/) });
    expect(found("none")).toMatchObject({ difference: undefined, pValue: undefined });
    const tested = comparisons.filter(({ pValue }) => pValue !== undefined);
    expect(tested).toHaveLength(2);
    expect(tested[0]?.adjusted).toBeCloseTo(2 * (tested[0]?.pValue ?? NaN), 12);
  });

  it("pairs with the baseline alone, where so asked", () => {
    const { comparisons } = taskOf([cell("x", A), cell("random", B), cell("y", A)], "baseline");
    expect(comparisons.map(({ init, against }) => [init, against])).toEqual([
      ["x", "random"],
      ["y", "random"],
    ]);
  });

  it("few patients get an interval and no verdict, and don't count into the correction", () => {
    const cells = [cell("random", B), cell("few", A), cell("many", A)];
    const found = { difference: 0.1, low: 0.05, high: 0.2, pValue: 0.03, level: 0.95 };
    const comparisons = compareInits({
      ...{ cells, fractions: [1], inits: ["random", "few", "many"], baseline: "random" },
      pairs: "baseline",
      patients: (a) => ({
        ...{ ...found, resamples: 2000, undefinedResamples: 0 },
        patients: a.init === "few" ? 29 : 30,
      }),
    });
    expect(comparisons.map(({ patients }) => patients?.adjusted)).toEqual([undefined, 0.03]);
    const said = sentencesOf({ ...taskOf(cells), comparisons }, "random");
    expect(said[2]).toMatch(/\+5\.00 to \+20\.00\); 29 patients are too few to call/);
    expect(said[4]).toMatch(/p = 0\.03, 30 patients\): significant at 0\.05/);
  });

  it("sentences claim no more than the tests", () => {
    const task = taskOf([cell("random", B), cell("dira", A), cell("alike", B), cell("one", [0.9])]);
    const [count, ...said] = sentencesOf(task, "random");
    expect(count).toBe("3 pairs were tested over runs; Holm's correction is over all of them.");
    expect(said[0]).toMatch(/dira is 0\.69 points above random .* \*\*significant\*\* at 0\.05\.$/);
    expect(said[1]).toMatch(/alike is equal to random .* \*\*not significant\*\* .* does not show/);
    const near = taskOf([cell("random", B), cell("near", B.map((v) => v + 0.001))]); // prettier-ignore
    expect(sentencesOf(near, "random")[1]).toMatch(
      /p = 0\.5\d?, .*better in 5 of 5 seeds\): \*\*not significant/,
    );
    expect(said[2]).toMatch(/one is 9\.\d\d points above random .*; not tested: a test needs two/);
    expect(testRows(task)).toHaveLength(2 + 6);
    expect(intervalRows(task).at(-1)).toMatch(/^\| 100 % \| .* \| [\d.]+ \| – \|$/);
  });
});

describe("predictions of several seeds", () => {
  const text = (rows: readonly string[]): string =>
    `${['"image","patient","a, b","true a, b"', ...rows].join("\n")}\n`;
  const one = parsePredictions(text(['"x ""1""","p",0.25,1', '"y","q",0.5,']), "one.csv");
  it("are read with their quotes and gaps, and averaged image by image", () => {
    expect(one).toMatchObject({ labels: ["a, b"], images: ['x "1"', "y"], patients: ["p", "q"] });
    expect(one.truth.map((row) => [...row])).toEqual([[1], [NaN]]);
    const other = parsePredictions(text(['"x ""1""","p",0.75,1', '"y","q",1,']), "two.csv");
    const { probabilities } = averagePredictions([one, other]);
    expect(probabilities.map((row) => [...row])).toEqual([[0.5], [0.75]]);
  });

  it("must be of the same test", () => {
    const other = parsePredictions(text(['"x ""1""","p",0.75,0', '"y","q",1,']), "two.csv");
    expect(() => averagePredictions([one, other])).toThrow(/tested on other images or truth/);
    expect(() => parsePredictions("a,b\n1,2\n", "no.csv")).toThrow(/no\.csv: expected the columns/);
    expect(() => parsePredictions(text(['"x","p",much,1']), "no.csv")).toThrow(/row 1 has "much"/);
  });

  it("by hand: a perfect init against one that knows nothing differs by half", () => {
    const rows = Array.from({ length: 40 }, (_, i) => i);
    const of = (score: (i: number) => number): ReturnType<typeof parsePredictions> =>
      parsePredictions(text(rows.map((i) => `"${i}","${i}",${score(i)},${i % 2}`)), "x.csv");
    const found = comparePatients(of((i) => i % 2), of(() => 0.5)); // prettier-ignore
    expect(found).toMatchObject({ difference: 0.5, low: 0.5, high: 0.5, patients: 40 });
    expect(found.pValue).toBeCloseTo(2 / 2001, 12);
    expect(measurePatients(of((i) => i % 2))).toMatchObject({ value: 1, low: 1, high: 1, patients: 40 }); // prettier-ignore
    expect(comparePatients(of((i) => i % 2), of(() => 0.5), 20).difference).toBe(0.5); // prettier-ignore
    expect(comparePatients(of((i) => i % 2), of(() => 0.5), 21).difference).toBeUndefined(); // prettier-ignore
  });
});

describe("scores of images of several seeds", () => {
  const of = (...rows: readonly string[]): ReturnType<typeof parseImageScores> =>
    parseImageScores(["image,patient,structure,dice,iou", ...rows].join("\n"), "dice", "x.csv");
  it("are means over structures, compared image by image", () => {
    const first = of("x,p,lung,0.5,0", "x,p,heart,0.7,0", "y,q,lung,1,0", "y,q,heart,0.6,0");
    expect(first).toEqual({ images: ["x", "y"], patients: ["p", "q"], scores: [0.6, 0.8] });
    const [better, worse] = [of("x,p,lung,0.9,0", "y,q,lung,0.9,0"), of("x,p,lung,0.5,0", "y,q,lung,0.7,0")]; // prettier-ignore
    // Means of two runs are 0.7 and 0.8; of one 0.9 and 0.9.
    expect(measureImageScores([better, worse])).toMatchObject({ patients: 2, low: 0.7, high: 0.8 });
    const found = compareImageScores([better], [better, worse]);
    expect(found.difference).toBeCloseTo(0.15, 12);
    expect([found.low, found.high].map((end) => end?.toFixed(6))).toEqual(["0.100000", "0.200000"]);
    expect(() => compareImageScores([better], [of("z,p,lung,1,0")])).toThrow(/on other images/);
    expect(() => of("x,p,lung,,0")).toThrow(/x\.csv: row 1 lacks/);
  });
});

describe("tables", () => {
  const task = { ...taskOf([cell("random", B), cell("di_ra & co", A), cell("one", [0.5])]), name: "my_x" }; // prettier-ignore
  const tables = tablesOf([task], "random");
  it("mean ± std in per cent, runs, the best in bold, stars against the baseline", () => {
    expect(markdownTable(tables[0] as (typeof tables)[0])).toBe(
      [
        String.raw`| init | my\_x, AUROC %, 100 % of labels |`,
        "| --- | ---: |",
        "| random | 80.44 ± 0.25 (5) |",
        String.raw`| di\_ra & co | **81.12 ± 0.13**\*\* (6) |`,
        "| one | 50.00 (1) |",
        "",
      ].join("\n"),
    );
    expect(latexTable(tables[0] as (typeof tables)[0], "50 % ± x")).toContain(
      String.raw`    di\_ra \& co & \textbf{81.12} $\pm$ 0.13$^{**}$ (6) \\`,
    );
    expect(latexTable(tables[0] as (typeof tables)[0], "50 % ± x")).toContain(
      String.raw`\multicolumn{1}{c}{my\_x (AUROC, \%)}`,
    );
    const [head, first] = csvTable(tables).split("\n");
    expect(head).toBe("task,metric,init,1 mean,1 std,1 n,1 stars");
    expect(first).toMatch(/^my_x,AUROC,random,0\.80436,0\.002\d+,5,$/);
  });

  it("what a table can't show as it is is escaped", () => {
    expect(latexText(String.raw`50 % & _ # $ {x} ~ ^ \ <`)).toBe(
      String.raw`50 \% \& \_ \# \$ \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{} \textless{}`,
    );
    expect(markdownText("a|b_*`<c>\nd")).toBe(String.raw`a\|b\_\*${"\\`"}\<c\> d`);
    expect(csvOf([['a "b", c', "a\nb", '"', undefined, 1.5, NaN]])).toBe(
      '"a ""b"", c","a\nb","""",,1.5,\n',
    );
  });

  it("tasks stand in one table while it fits a page", () => {
    const wide = taskOf([0.1, 0.2, 0.3, 0.4].flatMap((f) => [cell("random", B, f), cell("x", A, f)])); // prettier-ignore
    expect(tablesOf([task, { ...wide, name: "w" }], "random")).toHaveLength(1);
    expect(tablesOf([wide, { ...wide, name: "w" }], "random")).toHaveLength(2);
    const both = latexTable(tablesOf([task, wide], "random")[0] as (typeof tables)[0], "");
    expect(both).toContain(String.raw`\cmidrule(lr){2-2} \cmidrule(lr){3-6}`);
    const columns = /begin\{tabular\}\{(\w+)\}/.exec(both)?.[1]?.length;
    const rows = both.split("\n").filter((line) => line.endsWith("\\\\"));
    for (const row of rows.slice(1)) expect(row.replaceAll(String.raw`\&`, "").split("&")).toHaveLength(columns ?? 0); // prettier-ignore
  });
});

describe("runs at once", () => {
  it("one until memory is known, then what four fifths of it hold", () => {
    expect(runsAtOnce(8, 16e9, undefined)).toBe(1);
    expect(runsAtOnce(8, 16e9, 4e9)).toBe(3);
    expect(runsAtOnce(2, 16e9, 4e9)).toBe(2);
    expect(runsAtOnce(8, 1e9, 4e9)).toBe(1);
  });

  it("all jobs, never more at once than there are slots, none after an abort", async () => {
    let [now, most] = [0, 0];
    const ended: number[] = [];
    const controller = new AbortController();
    const start = async (job: number): Promise<void> => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 5 * (3 - (job % 3))));
      ended.push(job);
      now -= 1;
      if (job === 5) controller.abort();
    };
    const options = { slots: () => 3, signal: controller.signal, start };
    await runPool(Array.from({ length: 20 }, (_, i) => i), options); // prettier-ignore
    expect(most).toBe(3);
    expect(ended).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5]));
    expect(ended.length).toBeLessThan(12);
  });
});
