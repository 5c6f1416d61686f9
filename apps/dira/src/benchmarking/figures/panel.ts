import type { Scale } from "./scale.ts";
import { element, type Svg, text } from "./svg.ts";

/** A rectangle in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Axes of a {@link panel}. */
export interface PanelOptions {
  readonly box: Box;
  readonly x: Scale;
  readonly y: Scale;
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly title?: string;
  readonly textSize?: number;
}

/** A frame with ticks, grid and labels about what is drawn in it. */
export function panel(options: PanelOptions, ...content: readonly Svg[]): Svg {
  const { box, x, y, xLabel, yLabel, title, textSize = 12 } = options;
  const { left, top, right, bottom } = box;
  const middle = (left + right) / 2;
  const columns = x.ticks.map(({ value, label }) =>
    [
      line({ x1: x(value), x2: x(value), y1: top, y2: bottom, stroke: GRID }),
      line({ x1: x(value), x2: x(value), y1: bottom, y2: bottom + 4, stroke: INK }),
      text(x(value), bottom + 6 + textSize, label, { anchor: "middle", size: textSize }),
    ].join(""),
  );
  const rows = y.ticks.map(({ value, label }) =>
    [
      line({ x1: left, x2: right, y1: y(value), y2: y(value), stroke: GRID }),
      line({ x1: left - 4, x2: left, y1: y(value), y2: y(value), stroke: INK }),
      text(left - 8, y(value) + textSize / 3, label, { anchor: "end", size: textSize }),
    ].join(""),
  );
  const frame = { x: left, y: top, width: right - left, height: bottom - top };
  const below = bottom + 12 + 2 * textSize;
  const beside = left - 14 - 2.6 * textSize;
  return element(
    "g",
    { class: "panel" },
    ...columns,
    ...rows,
    element("rect", { ...frame, fill: "none", stroke: INK }),
    ...content,
    ...(title === undefined
      ? []
      : [text(middle, top - 8, title, { anchor: "middle", size: textSize + 1, bold: true })]),
    ...(xLabel === undefined
      ? []
      : [text(middle, below, xLabel, { anchor: "middle", size: textSize })]),
    ...(yLabel === undefined
      ? []
      : [text(beside, (top + bottom) / 2, yLabel, { anchor: "middle", size: textSize, turned: -90 })]), // prettier-ignore
  );
}

const [INK, GRID] = ["#444444", "#e4e4e4"];

function line(attributes: Readonly<Record<string, string | number>>): Svg {
  return element("line", attributes);
}
