import { quantile } from "@dira/transfer";
import { panel } from "./panel.ts";
import { bandScale, linearScale } from "./scale.ts";
import { legend, styleOf } from "./style.ts";
import { element, type Svg, svgFile } from "./svg.ts";

/** Options of {@link boxPlots}. */
export interface BoxFigureOptions {
  readonly title: string;
  readonly metric: string;
  /** Of the groups beside each other. */
  readonly groups: readonly string[];
  /** Values of each group, one for each run. */
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (readonly number[])[];
  }[];
}

/** What a box shows: quartiles as `numpy.quantile`, and the farthest values within 1.5 of their distance (Tukey's). */
export interface BoxSummary {
  readonly low: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly high: number;
}

/** @param values - at least one. */
export function boxSummary(values: readonly number[]): BoxSummary {
  const sorted = [...values].sort((a, b) => a - b);
  const [lowerQuartile, median, upperQuartile] = [0.25, 0.5, 0.75].map((q) =>
    quantile(sorted, q),
  ) as [number, number, number];
  const reach = 1.5 * (upperQuartile - lowerQuartile);
  const within = sorted.filter((v) => v >= lowerQuartile - reach && v <= upperQuartile + reach);
  const [low, high] = [within[0] ?? median, within.at(-1) ?? median];
  return { low, lowerQuartile, median, upperQuartile, high };
}

/** Box plots of runs, each run a dot, the series of a group beside each other. */
export function boxPlots({ title, metric, groups, series }: BoxFigureOptions): string {
  const right = 76 + Math.max(400, groups.length * Math.max(90, 34 * series.length));
  const box = { left: 76, top: 44, right, bottom: 370 };
  const x = bandScale(groups, [box.left, box.right]);
  const values = series.flatMap((one) => one.values.flat());
  const y = linearScale([Math.min(...values), Math.max(...values)], [box.bottom, box.top]);
  const room = Math.min(44, (0.8 * x.width) / series.length);
  const drawn = series.flatMap((one, n) =>
    one.values.flatMap((runs, group) => {
      if (runs.length === 0) return [];
      const middle = x(group) + (n - (series.length - 1) / 2) * room;
      return [boxOf(runs, { n, middle, half: 0.35 * room, y })];
    }),
  );
  const names = series.map(({ name }) => name);
  const key = legend(names, box.left, box.bottom + 62, box.right - box.left);
  const axes = { box, x, y, title, yLabel: metric, xLabel: "labelled training images" };
  return svgFile(
    box.right + 24,
    box.bottom + 62 + key.height,
    title,
    panel(axes, ...drawn),
    key.svg,
  );
}

interface Place {
  readonly n: number;
  readonly middle: number;
  readonly half: number;
  readonly y: (value: number) => number;
}

function boxOf(runs: readonly number[], { n, middle, half, y }: Place): Svg {
  const { colour, mark } = styleOf(n);
  const { low, lowerQuartile, median, upperQuartile, high } = boxSummary(runs);
  const line = (x1: number, from: number, x2: number, to: number, width = 1): Svg =>
    element("line", { x1, x2, y1: y(from), y2: y(to), stroke: colour, "stroke-width": width });
  const rectangle = {
    ...{ x: middle - half, y: y(upperQuartile), width: 2 * half },
    height: y(lowerQuartile) - y(upperQuartile),
    ...{ fill: colour, "fill-opacity": 0.18, stroke: colour },
  };
  // Dots side by side in their order, so that equal runs can be told apart.
  const dots = runs.map((value, i) => {
    const aside = runs.length === 1 ? 0 : (i / (runs.length - 1) - 0.5) * half;
    return mark(middle + aside, y(value), 2.6);
  });
  return element(
    "g",
    { class: "box" },
    element("rect", rectangle),
    line(middle - half, median, middle + half, median, 2),
    line(middle, low, middle, lowerQuartile),
    line(middle, upperQuartile, middle, high),
    line(middle - half / 2, low, middle + half / 2, low),
    line(middle - half / 2, high, middle + half / 2, high),
    ...dots,
  );
}
