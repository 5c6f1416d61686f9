import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { boxPlots, boxSummary } from "../src/benchmarking/figures/box-plots.ts";
import { fractionCurves } from "../src/benchmarking/figures/fraction-curves.ts";
import { labelPanels } from "../src/benchmarking/figures/label-panels.ts";
import { linearScale, logScale } from "../src/benchmarking/figures/scale.ts";
import { pooledReliability, meanRoc } from "../src/benchmarking/predictions.ts";
import { parsePredictions } from "../src/benchmarking/read-results.ts";

/** Whether a strict reader of XML and SVG takes it and finds something drawn. */
async function isDrawn(svg: string): Promise<boolean> {
  const { channels } = await sharp(Buffer.from(svg)).stats();
  return channels.some(({ stdev }) => stdev > 1);
}
const numbersIn = (svg: string, pattern: RegExp): number[][] =>
  Array.from(svg.matchAll(pattern), ([, ...found]) => found.map(Number));
const circles = (svg: string): number[][] => numbersIn(svg, /<circle cx="([\d.]+)" cy="([\d.]+)"/g);

describe("scales", () => {
  it("linear: ends are ticks at round numbers, and hold the values", () => {
    const scale = linearScale([70.3, 81.9], [370, 44]);
    expect(scale.ticks.map(({ label }) => label)).toEqual(["70", "75", "80", "85"]);
    expect([scale(70), scale(85), scale(77.5)]).toEqual([370, 44, 207]);
    expect(linearScale([0.5, 0.5], [0, 1]).ticks.length).toBeGreaterThan(2);
    expect(linearScale([0, 1], [0, 1]).ticks.map(({ label }) => label)).toEqual(["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]); // prettier-ignore
  });

  it("logarithmic: equal ratios are equal distances", () => {
    const ticks = [0.01, 0.1, 1].map((value) => ({ value, label: String(value) }));
    const scale = logScale(ticks, [0, 100]);
    expect(scale(0.1) - scale(0.01)).toBeCloseTo(scale(1) - scale(0.1), 10);
    expect(scale(0.1)).toBeCloseTo(50, 10);
  });
});

describe("figures", () => {
  it("curves: points and bands where they should be, names escaped", async () => {
    const svg = fractionCurves({
      ...{ title: 'a < b & "c"', metric: "AUROC (%)" },
      series: [
        {
          name: "<random>",
          points: [
            { fraction: 1, mean: 80, std: 10 },
            { fraction: 0.01, mean: 70, std: undefined },
            { fraction: 0.1, mean: 60, std: 10 },
          ],
        },
        { name: "x", points: [{ fraction: 0.1, mean: 90, std: undefined }] },
      ],
    });
    expect(await isDrawn(svg)).toBe(true);
    expect(svg).toContain("a &lt; b &amp; &quot;c&quot;");
    // From 50 to 90 over 370 to 44 pixels; fractions in decades about the middle, 0.1 at 348.
    const [first, second, third] = circles(svg);
    expect([first?.[1], second?.[1], third?.[1]]).toEqual([207, 288.5, 125.5]);
    expect(second?.[0]).toBeCloseTo(348, 2);
    expect((first?.[0] ?? 0) + (third?.[0] ?? 0)).toBeCloseTo(2 * 348, 2);
    const [band] = numbersIn(svg, /d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)Z"/g); // prettier-ignore
    expect(band).toEqual([207, 44, 207, 370]);
  });

  it("boxes: quartiles as numpy's, whiskers Tukey's, a dot for each run", async () => {
    // numpy.quantile([1, 2, 3, 4, 8], [0.25, 0.5, 0.75]) = 2, 3, 4.
    expect(boxSummary([8, 1, 2, 3, 4])).toEqual({
      ...{ low: 1, lowerQuartile: 2, median: 3, upperQuartile: 4, high: 4 },
    });
    const groups = ["1 %", "100 %"];
    const series = [{ name: "r", values: [[0, 50, 100], []] }, { name: "d", values: [[20], [30, 40]] }]; // prettier-ignore
    const svg = boxPlots({ title: "t", metric: "m", groups, series });
    expect(await isDrawn(svg)).toBe(true);
    expect(svg.match(/class="box"/g)).toHaveLength(3);
    expect(circles(svg).slice(0, 3).map(([, y]) => y)).toEqual([370, 207, 44]); // prettier-ignore
  });

  it("panels: the unit square from corner to corner, a panel for each label", async () => {
    const points = [{ x: 0, y: 0 }, { x: 0, y: 1 }, { x: 1, y: 1 }]; // prettier-ignore
    const panels = ["a", "b & c", "d", "e", "f"].map((label) => ({
      label,
      curves: [{ points, note: "0.900", band: [{ x: 0, low: -1, high: 2 }] }, undefined],
    }));
    const names = ["r", "d"];
    const svg = labelPanels({ title: "t", xLabel: "x", yLabel: "y", names, marked: true, panels });
    expect(await isDrawn(svg)).toBe(true);
    expect(svg.match(/class="panel"/g)).toHaveLength(5);
    expect(svg).toContain("r 0.900");
    const [a, b, c] = circles(svg) as [number[], number[], number[]];
    expect([(b[1] ?? 0) - (a[1] ?? 0), (c[0] ?? 0) - (b[0] ?? 0)]).toEqual([-210, 210]);
    // Bands end at the frame.
    expect(svg).toContain(`L${a[0]} ${a[1]}Z`);
  });
});

describe("what figures show of predictions", () => {
  const run = (scores: readonly number[]): ReturnType<typeof parsePredictions> =>
    parsePredictions(
      `image,patient,a,true a\n${scores.map((s, i) => `${i},${i},${s},${i < 2 ? 0 : 1}`).join("\n")}`,
      "x.csv",
    );
  const runs = [run([0.1, 0.4, 0.35, 0.8]), run([0.1, 0.2, 0.3, 0.4])];
  it("mean ROC by hand: half of the first's and half of a perfect one", () => {
    const found = meanRoc(runs, 0);
    expect(found?.auroc).toBeCloseTo((0.75 + 1) / 2, 12);
    const at = (rate: number): object | undefined =>
      found?.points.find(({ falsePositiveRate }) => falsePositiveRate === rate);
    expect(at(0.25)).toEqual({ falsePositiveRate: 0.25, mean: 0.75, std: Math.SQRT1_2 / 2 });
    expect(at(0.75)).toMatchObject({ mean: 1, std: 0 });
  });

  it("reliability counts each image once a run", () => {
    const bins = pooledReliability(runs, 0);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(8);
    expect(bins[0]).toMatchObject({ low: 0, count: 2, confidence: 0.1, frequency: 0 });
  });
});
