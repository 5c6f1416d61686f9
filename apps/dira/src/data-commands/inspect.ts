import { DataError, ImageError, type ImageSet, type Scan, type Split } from "@dira/data";
import { openSet, type SetOptions } from "./open-set.ts";
import { quantiles } from "./quantiles.ts";

/** Options of {@link inspect}. */
export interface InspectOptions extends SetOptions {
  /** Images that are read for sizes, spacing and intensities. */
  readonly sample: number;
  readonly json?: boolean | undefined;
}

/** What a set holds, from its tables and from a sample of its images. */
interface Inspection {
  readonly name: string;
  readonly layout?: string | undefined;
  readonly terms?: string | undefined;
  readonly rank: number;
  readonly images: number;
  readonly patients?: number;
  readonly splits: Readonly<Record<string, number>>;
  readonly labels: Readonly<
    Record<string, { positive: number; negative: number; unknown: number }>
  >;
  readonly sampled: number;
  readonly unreadable: readonly string[];
  /** Smallest, median and largest, by axis of the shape. */
  readonly sides: readonly (readonly number[])[];
  /** The same in mm, where images say. */
  readonly spacing: readonly (readonly number[])[];
  readonly types: readonly string[];
  readonly values: readonly number[];
  readonly warnings: readonly string[];
}

/** Prints what is in a folder. */
export async function inspect(folder: string, options: InspectOptions): Promise<void> {
  const { sample, json } = options;
  const set = openSet(folder, options);
  const countOf = (split: Split): number => {
    try {
      return openSet(folder, options, split).length;
    } catch (error) {
      if (error instanceof DataError) return 0;
      throw error;
    }
  };
  const inspection = await inspectSet(set, sample, countOf);
  console.log(json === true ? JSON.stringify(inspection, null, 2) : formatInspection(inspection));
}

async function inspectSet(
  set: ImageSet,
  sample: number,
  countOf: (split: Split) => number,
): Promise<Inspection> {
  const { length, patient, spatialRank, warnings = [] } = set;
  const everyOne = Array.from({ length }, (_, i) => i);
  const patients = patient && new Set(everyOne.map((i) => patient(i))).size;
  const splits = (set.splits ?? []).map((split) => [split, countOf(split as Split)]);
  return {
    name: set.name,
    layout: set.layout,
    terms: set.terms,
    rank: spatialRank,
    images: length,
    ...(patients === undefined ? {} : { patients }),
    splits: Object.fromEntries(splits) as Record<string, number>,
    labels: labelCounts(set),
    ...(await readSample(set, sample)),
    warnings,
  };
}

function labelCounts(set: ImageSet): Inspection["labels"] {
  const names = set.labelNames ?? [];
  const counts = names.map(() => ({ positive: 0, negative: 0, unknown: 0 }));
  for (let i = 0; i < set.length; i += 1) {
    const row = set.labels?.(i) ?? [];
    counts.forEach((count, label) => {
      const value = row[label];
      if (value === 1) count.positive += 1;
      else if (value === 0) count.negative += 1;
      else count.unknown += 1;
    });
  }
  return Object.fromEntries(
    names.map((name, label) => [name, counts[label]]),
  ) as Inspection["labels"];
}

type Sampled = Pick<
  Inspection,
  "sampled" | "unreadable" | "sides" | "spacing" | "types" | "values"
>;

/** Reads images spread evenly over the set. */
async function readSample(set: ImageSet, sample: number): Promise<Sampled> {
  const count = Math.min(sample, set.length);
  const facts: ScanFacts[] = [];
  const unreadable: string[] = [];
  for (let i = 0; i < count; i += 1) {
    try {
      facts.push(factsOf(await set.read(Math.floor((i * set.length) / count))));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      unreadable.push(error.message);
    }
  }
  const byAxis = (rows: readonly (readonly number[])[]): number[][] =>
    (rows[0] ?? []).map((_, axis) => quantiles(rows.map((row) => row[axis] ?? NaN)));
  const spacings = facts.flatMap(({ spacing }) => (spacing === undefined ? [] : [spacing]));
  return {
    sampled: count,
    unreadable,
    sides: byAxis(facts.map(({ shape }) => shape)),
    spacing: byAxis(spacings),
    types: [...new Set(facts.map(({ type }) => type))],
    values: [Math.min(...facts.map(({ low }) => low)), Math.max(...facts.map(({ high }) => high))],
  };
}

/** What is worth knowing of a scan, without its pixels. */
interface ScanFacts extends Pick<Scan, "shape" | "spacing"> {
  readonly type: string;
  readonly low: number;
  readonly high: number;
}

function factsOf({ data, shape, spacing }: Scan): ScanFacts {
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const type = data.constructor.name.replace("Array", "").toLowerCase();
  return { shape, ...(spacing && { spacing }), type, low, high };
}

/** An inspection for people. */
function formatInspection(found: Inspection): string {
  const percent = (n: number): string => `${((100 * n) / found.images).toFixed(1)} %`;
  const axes = found.rank === 2 ? ["height", "width"] : ["depth", "height", "width"];
  const spread = (rows: readonly (readonly number[])[], unit: string): string =>
    rows
      .map((row, axis) => `${axes[axis]} ${row.map((n) => Number(n.toPrecision(5))).join(" / ")}`)
      .join(", ") + ` ${unit} (smallest / median / largest)`;
  const lines = [
    `${found.name}: ${found.images} ${found.rank === 2 ? "images" : "volumes"}${found.patients === undefined ? "" : ` of ${found.patients} patients`}`,
    ...(found.layout === undefined ? [] : [`  layout: ${found.layout}`]),
    ...(found.terms === undefined ? [] : [`  terms: ${found.terms}`]),
    ...Object.entries(found.splits).map(([split, count]) => `  split ${split}: ${count}`),
    ...Object.entries(found.labels).map(
      ([name, { positive, negative, unknown }]) =>
        `  ${name}: ${positive} positive (${percent(positive)}), ${negative} negative${unknown > 0 ? `, ${unknown} unknown` : ""}`,
    ),
    `read ${found.sampled}, spread over the set: ${found.unreadable.length} unreadable`,
    ...found.unreadable.map((why) => `  ${why}`),
  ];
  if (found.sides.length > 0) lines.push(`  sides: ${spread(found.sides, "pixels")}`);
  if (found.spacing.length > 0) lines.push(`  spacing: ${spread(found.spacing, "mm")}`);
  if (found.types.length > 0) {
    lines.push(`  values: ${found.types.join(", ")}, ${found.values.join(" to ")}`);
  }
  return [...lines, ...found.warnings.map((warning) => `warning: ${warning}`)].join("\n");
}
