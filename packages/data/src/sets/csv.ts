import { readFileSync } from "node:fs";
import Papa from "papaparse";
import { DataError } from "../image.ts";

/** A row of a table, by trimmed column name; "" where it is short of a cell. */
export type Row = Readonly<Record<string, string>>;

/** A CSV file with a header. */
export interface Table {
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/**
 * Reads a table.
 *
 * @param columns - those that it must have; it may have others.
 * @param hint - what to do where it lacks one.
 * @throws DataError that names the columns which it lacks, and those it has.
 */
export function readTable(path: string, columns: readonly string[], hint?: string): Table {
  return tableOf(path, readFileSync(path, "utf8"), columns, hint);
}

/** {@link readTable}, of a text. @param path - where it is from, for errors. */
export function tableOf(
  path: string,
  text: string,
  columns: readonly string[] = [],
  hint = "Is it the right table?",
): Table {
  const { data, meta } = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: "greedy",
    transformHeader: (name) => name.trim(),
  });
  const found = meta.fields ?? [];
  const lacking = columns.filter((column) => !found.includes(column));
  if (lacking.length > 0) {
    throw new DataError(
      `${path} lacks the columns ${lacking.join(", ")}; it has ${found.join(", ") || "none"}. ${hint}`,
    );
  }
  return {
    path,
    columns: found,
    rows: data.map((row) =>
      Object.fromEntries(found.map((name) => [name, (row[name] ?? "").trim()])),
    ),
  };
}

/** What to throw for a cell that does not fit. @param row - counted from 0, without the header. */
export function badCell(
  { path, rows }: Table,
  row: number,
  column: string,
  expected: string,
): DataError {
  const got = rows[row]?.[column] ?? "";
  return new DataError(
    `${path}, row ${row + 1} below the header: expected ${expected} as ${column}, got "${got}". Mend the row or take it out.`,
  );
}

/** A finite number of a cell. @throws DataError for others, and for an empty cell. */
export function numberIn(table: Table, row: number, column: string): number {
  const text = table.rows[row]?.[column] ?? "";
  const value = text === "" ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw badCell(table, row, column, "a number");
}

/** 0 or 1 of a cell. @throws DataError for others. */
export function binaryIn(table: Table, row: number, column: string): 0 | 1 {
  const value = numberIn(table, row, column);
  if (value === 0 || value === 1) return value;
  throw badCell(table, row, column, "0 or 1");
}
