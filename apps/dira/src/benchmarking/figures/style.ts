import { element, type Svg, text, widthOf } from "./svg.ts";

/** How a series is drawn: by colour, dashes and marks at once. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dashes: string | undefined;
  readonly mark: (x: number, y: number, radius?: number) => Svg;
}

/**
 * Okabe and Ito's colours, which colour-blind people can tell apart, those that show badly on white last.
 *
 * @see https://jfly.uni-koeln.de/color/
 */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const DASHES = [undefined, "7 3", "2 2", "8 3 2 3", "12 4"];
/** Corners about a middle, in radii; none: a circle. */
const MARKS: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]],
  [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
  [[0, 1.2], [1.1, -0.8], [-1.1, -0.8]],
]; // prettier-ignore

/** The style of the n-th series. */
export function styleOf(n: number): SeriesStyle {
  const colour = COLOURS[n % COLOURS.length] as string;
  const corners = MARKS[n % MARKS.length] ?? [];
  const mark = (x: number, y: number, radius = 4): Svg => {
    const look = { fill: colour, stroke: "#ffffff", "stroke-width": 0.7 };
    if (corners.length === 0) return element("circle", { cx: x, cy: y, r: radius, ...look });
    const points = corners.map(([u, v]) => `${(x + u * radius).toFixed(2)},${(y + v * radius).toFixed(2)}`); // prettier-ignore
    return element("polygon", { points: points.join(" "), ...look });
  };
  return { colour, dashes: DASHES[n % DASHES.length], mark };
}

/** A legend in rows no wider than `width`, and its height. */
export function legend(
  names: readonly string[],
  x: number,
  y: number,
  width: number,
): { readonly svg: Svg; readonly height: number } {
  let [left, top] = [x, y];
  const entries = names.map((name, n) => {
    const needed = 52 + widthOf(name);
    if (left > x && left + needed > x + width) [left, top] = [x, top + 20];
    const { colour, dashes, mark } = styleOf(n);
    const line = element("line", {
      ...{ x1: left, x2: left + 28, y1: top, y2: top, stroke: colour, "stroke-width": 2 },
      "stroke-dasharray": dashes,
    });
    const entry = [line, mark(left + 14, top), text(left + 34, top + 4, name)].join("");
    left += needed;
    return entry;
  });
  return { svg: element("g", { class: "legend" }, ...entries), height: top - y + 20 };
}
