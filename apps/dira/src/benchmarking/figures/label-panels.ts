import { type Box, panel } from "./panel.ts";
import { linearScale } from "./scale.ts";
import { legend, styleOf } from "./style.ts";
import { element, path, type Svg, svgFile, text } from "./svg.ts";

/** A curve of a label's panel, in the unit square. */
export interface UnitCurve {
  readonly points: readonly { readonly x: number; readonly y: number; readonly radius?: number }[];
  /** Lower and upper ends at the same x. */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  /** A figure that its name is followed by in the panel. */
  readonly note?: string;
}

/** Options of {@link labelPanels}. */
export interface LabelPanelsOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly names: readonly string[];
  /** Whether points are marked. */
  readonly marked: boolean;
  /** A panel for each label; a curve for each name, undefined where there is none. */
  readonly panels: readonly {
    readonly label: string;
    readonly curves: readonly (UnitCurve | undefined)[];
  }[];
}

const [SIDE, GAP_X, GAP_Y] = [210, 74, 84];

/** Curves in the unit square, a panel for each label, with the diagonal. */
export function labelPanels(options: LabelPanelsOptions): string {
  const { title, names, panels } = options;
  const columns = Math.min(4, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const width = Math.max(columns * (SIDE + GAP_X) + 16, 420);
  const top = 40;
  const bodies = panels.map(({ label, curves }, i) => {
    const left = (i % columns) * (SIDE + GAP_X) + GAP_X - 8;
    const upper = top + Math.floor(i / columns) * (SIDE + GAP_Y) + 26;
    const box = { left, top: upper, right: left + SIDE, bottom: upper + SIDE };
    return unitPanel(options, label, curves, box);
  });
  const bottom = top + rows * (SIDE + GAP_Y) + 14;
  const key = legend(names, GAP_X - 8, bottom, width - GAP_X);
  const heading = text(width / 2, 24, title, { anchor: "middle", size: 15, bold: true });
  return svgFile(width, bottom + key.height, title, heading, ...bodies, key.svg);
}

function unitPanel(
  { xLabel, yLabel, marked, names }: LabelPanelsOptions,
  label: string,
  curves: readonly (UnitCurve | undefined)[],
  box: Box,
): Svg {
  const x = linearScale([0, 1], [box.left, box.right], 5);
  const y = linearScale([0, 1], [box.bottom, box.top], 5);
  const diagonal = element("line", {
    ...{ x1: x(0), y1: y(0), x2: x(1), y2: y(1), stroke: "#999999", "stroke-dasharray": "3 3" },
  });
  const drawn = curves.flatMap((curve, n) => (curve ? [curveOf(curve, n, x, y, marked)] : []));
  const noted = curves.flatMap((curve, n) =>
    curve?.note === undefined ? [] : [{ words: `${names[n] ?? ""} ${curve.note}`, n }],
  );
  const notes = noted.map(({ words, n }, i) =>
    text(box.right - 6, box.bottom - 8 - 13 * (noted.length - 1 - i), words, {
      ...{ anchor: "end", size: 10, fill: styleOf(n).colour, bold: true },
    }),
  );
  const axes = { box, x, y, xLabel, yLabel, title: label, textSize: 10 };
  return panel(axes, diagonal, ...drawn, ...notes);
}

function curveOf(
  { points, band = [] }: UnitCurve,
  n: number,
  x: (value: number) => number,
  y: (value: number) => number,
  marked: boolean,
): Svg {
  const { colour, dashes, mark } = styleOf(n);
  const clipped = (value: number): number => y(Math.min(1, Math.max(0, value)));
  const upper = band.map((p) => [x(p.x), clipped(p.high)] as const);
  const lower = band.map((p) => [x(p.x), clipped(p.low)] as const).reverse();
  const fill = { fill: colour, "fill-opacity": 0.13, stroke: "none", class: "band" };
  const line = { fill: "none", stroke: colour, "stroke-width": 1.6, "stroke-dasharray": dashes };
  const middle = points.map((p) => [x(p.x), y(p.y)] as const);
  const marks = marked ? points.map((p) => mark(x(p.x), y(p.y), p.radius ?? 3)) : [];
  return element(
    "g",
    { class: "series" },
    ...(upper.length === 0 ? [] : [path([...upper, ...lower], fill, true)]),
    path(middle, line),
    ...marks,
  );
}
