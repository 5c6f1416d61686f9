import Papa from "papaparse";

/** What a cell of a table holds; nothing where it is NaN or undefined. */
type Cell = string | number | undefined;

/** Rows as CSV by RFC 4180, lines ended by a line feed: texts in quotes where they must be, numbers as they are. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  const known = rows.map((row) => row.map((cell) => (Number.isNaN(cell) ? undefined : cell)));
  return `${Papa.unparse(known, { newline: "\n" })}\n`;
}
