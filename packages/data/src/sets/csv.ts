import Papa from "papaparse";

/** The rows of a CSV file with a header, by trimmed column name. */
export function parseCsv(text: string): Record<string, string>[] {
  const { data } = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: true,
    transformHeader: (name) => name.trim(),
  });
  return data;
}
