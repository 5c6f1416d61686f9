/** What a cell of a table holds; nothing where a number is NaN or undefined. */
type Cell = string | number | undefined;

/** Rows as CSV: texts in quotes, numbers as they are. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cellOf).join(",")}\n`).join("");
}

function cellOf(cell: Cell): string {
  if (typeof cell === "string") return `"${cell.replaceAll('"', '""')}"`;
  return cell === undefined || Number.isNaN(cell) ? "" : String(cell);
}
