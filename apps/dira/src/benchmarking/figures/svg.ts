/** A piece of SVG. */
export type Svg = string;

/** An element; numbers are rounded to hundredths of a pixel. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly Svg[]
): Svg {
  const all = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [` ${key}="${typeof value === "number" ? round(value) : escape(value)}"`],
  );
  const open = `<${name}${all.join("")}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join("")}</${name}>`;
}

/** Options of {@link text}. */
export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly fill?: string;
  readonly bold?: boolean;
  /** Degrees, about its place. */
  readonly turned?: number;
}

/** A line of text; y is its base line. */
export function text(x: number, y: number, words: string, options: TextOptions = {}): Svg {
  const { anchor = "start", size = 12, fill = "#222222", bold = false, turned } = options;
  const attributes = {
    ...{ x, y, fill, "font-size": size, "text-anchor": anchor },
    "font-weight": bold ? "bold" : undefined,
    transform: turned === undefined ? undefined : `rotate(${turned} ${round(x)} ${round(y)})`,
  };
  return element("text", attributes, escape(words));
}

/** About how wide a text is, in pixels: fonts differ. */
export function widthOf(words: string, size = 12): number {
  return 0.58 * size * words.length;
}

/** A line through points. */
export function path(
  points: readonly (readonly [number, number])[],
  attributes: Readonly<Record<string, string | number | undefined>>,
  closed = false,
): Svg {
  const steps = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${round(x)} ${round(y)}`);
  return element("path", { d: `${steps.join("")}${closed ? "Z" : ""}`, ...attributes });
}

/** A whole file, on white. @param title - what a screen reader says. */
export function svgFile(width: number, height: number, title: string, ...body: Svg[]): string {
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    ...{ width, height, viewBox: `0 0 ${round(width)} ${round(height)}`, role: "img" },
    "font-family": "Helvetica, Arial, sans-serif",
  };
  const back = element("rect", { width, height, fill: "#ffffff" });
  return `${element("svg", attributes, element("title", {}, escape(title)), back, ...body)}\n`;
}

const round = (value: number): string => String(Math.round(100 * value) / 100);

/** For text and attributes of XML 1.0, which has no control characters. */
function escape(words: string): string {
  return words
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
