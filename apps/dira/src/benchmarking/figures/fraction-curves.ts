import { panel } from "./panel.ts";
import { linearScale, logScale } from "./scale.ts";
import { legend, styleOf } from "./style.ts";
import { element, path, type Svg, svgFile } from "./svg.ts";

/** A curve of means over label fractions. */
interface FractionSeries {
  readonly name: string;
  readonly points: readonly {
    readonly fraction: number;
    readonly mean: number;
    readonly std: number | undefined;
  }[];
}

/** Options of {@link fractionCurves}. */
export interface FractionFigureOptions {
  readonly title: string;
  /** Of the vertical axis. */
  readonly metric: string;
  readonly series: readonly FractionSeries[];
}

const BOX = { left: 76, top: 44, right: 620, bottom: 370 };

/** Means over label fractions on a logarithmic axis, with bands of one standard deviation. */
export function fractionCurves({ title, metric, series }: FractionFigureOptions): string {
  const points = series.flatMap((one) => one.points);
  const fractions = [...new Set(points.map(({ fraction }) => fraction))].sort((a, b) => a - b);
  const ticks = fractions.map((value) => ({ value, label: `${Number((100 * value).toPrecision(6))}` })); // prettier-ignore
  const x = logScale(ticks, [BOX.left, BOX.right]);
  const ends = points.flatMap(({ mean, std = 0 }) => [mean - std, mean + std]);
  const y = linearScale([Math.min(...ends), Math.max(...ends)], [BOX.bottom, BOX.top]);
  const drawn = series.map((one, n) => curve(one, n, x, y));
  const names = series.map(({ name }) => name);
  const key = legend(names, BOX.left, BOX.bottom + 62, BOX.right - BOX.left);
  const axes = { box: BOX, x, y, title, yLabel: metric };
  return svgFile(
    BOX.right + 24,
    BOX.bottom + 62 + key.height,
    title,
    panel({ ...axes, xLabel: "labelled training images (%, log scale)" }, ...drawn),
    key.svg,
  );
}

function curve(
  { name, points }: FractionSeries,
  n: number,
  x: (value: number) => number,
  y: (value: number) => number,
): Svg {
  const { colour, dashes, mark } = styleOf(n);
  const sorted = [...points].sort((a, b) => a.fraction - b.fraction);
  const spread = sorted.filter(({ std }) => std !== undefined);
  const upper = spread.map((p) => [x(p.fraction), y(p.mean + (p.std ?? 0))] as const);
  const lower = spread.map((p) => [x(p.fraction), y(p.mean - (p.std ?? 0))] as const);
  const band = { fill: colour, "fill-opacity": 0.15, stroke: "none", class: "band" };
  const line = { fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": dashes };
  const middle = sorted.map((p) => [x(p.fraction), y(p.mean)] as const);
  return element(
    "g",
    { class: "series", "data-name": name },
    ...(upper.length < 2 ? [] : [path([...upper, ...lower.reverse()], band, true)]),
    path(middle, line),
    ...middle.map(([u, v]) => mark(u, v)),
  );
}
