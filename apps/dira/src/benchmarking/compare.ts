import { hedgesG, holm, type PairedDifference, welchTTest } from "@dira/transfer";
import type { Cell } from "./summarise.ts";

/** Level of all tests. */
export const ALPHA = 0.05;

/** Below so many test patients the bootstrap finds differences too often, and gets no verdict. */
export const LEAST_PATIENTS = 30;

/** Two inits at one fraction. */
export interface Comparison {
  readonly fraction: number;
  readonly init: string;
  /** What it is compared with. */
  readonly against: string;
  /** Runs of each. */
  readonly n: readonly [number, number];
  /** Mean of `init` less that of `against`, undefined without runs; its 95 % interval by Welch. */
  readonly difference: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Welch's. */
  readonly statistic: number | undefined;
  readonly degreesOfFreedom: number | undefined;
  readonly pValue: number | undefined;
  /** After Holm's correction over the task's tests. */
  readonly adjusted: number | undefined;
  readonly hedgesG: number | undefined;
  /** Why there is no test. */
  readonly untested: string | undefined;
  /** Of the seeds that both have, those in which `init` is better. */
  readonly betterSeeds: number;
  readonly commonSeeds: number;
  /** Over test patients, of predictions averaged over seeds; its `adjusted` by Holm over the task's, of {@link LEAST_PATIENTS} or more. */
  readonly patients: (PairedDifference & { readonly adjusted: number | undefined }) | undefined;
}

/** Options of {@link compareInits}. */
export interface CompareOptions {
  readonly cells: readonly Cell[];
  readonly fractions: readonly number[];
  readonly inits: readonly string[];
  readonly baseline: string;
  readonly pairs: "all" | "baseline";
  /** Compares two cells by test patients; undefined where it can't. */
  readonly patients: (a: Cell, b: Cell) => PairedDifference | undefined;
}

/**
 * Compares inits at each fraction by Welch's t-test of their runs, with Holm's correction over all tests of the task. Pairs
 * without a test (fewer than two runs, or no variance) do not count into the correction.
 */
export function compareInits(options: CompareOptions): Comparison[] {
  const { cells, fractions } = options;
  const raw = fractions.flatMap((fraction) =>
    pairsOf(options).flatMap(([init, against]) => {
      const at = (name: string): Cell | undefined =>
        cells.find((cell) => cell.init === name && cell.fraction === fraction);
      const [a, b] = [at(init), at(against)];
      if (a === undefined || b === undefined) return [];
      return [{ ...compareCells(a, b), patients: options.patients(a, b) }];
    }),
  );
  const runs = adjust(raw.map(({ pValue }) => pValue));
  const patients = adjust(raw.map((one) => trusted(one.patients)?.pValue));
  return raw.map((one, i) => ({
    ...one,
    adjusted: runs[i],
    patients: one.patients && { ...one.patients, adjusted: patients[i] },
  }));
}

function trusted(found: PairedDifference | undefined): PairedDifference | undefined {
  return found !== undefined && found.patients >= LEAST_PATIENTS ? found : undefined;
}

/** The later against the earlier, but against the baseline always. */
function pairsOf({ inits, baseline, pairs }: CompareOptions): [string, string][] {
  const ordered = inits.includes(baseline)
    ? [baseline, ...inits.filter((init) => init !== baseline)]
    : inits;
  return ordered.flatMap((against, i) =>
    ordered
      .slice(i + 1)
      .filter(() => pairs === "all" || against === baseline)
      .map((init): [string, string] => [init, against]),
  );
}

function compareCells(a: Cell, b: Cell): Omit<Comparison, "adjusted" | "patients"> {
  const [first, second] = [valuesOf(a), valuesOf(b)];
  const common = [...first.keys()].filter((seed) => second.has(seed));
  const better = common.filter((seed) => (first.get(seed) ?? 0) > (second.get(seed) ?? 0));
  const both = {
    ...{ fraction: a.fraction, init: a.init, against: b.init },
    n: [first.size, second.size] as const,
    ...{ betterSeeds: better.length, commonSeeds: common.length },
  };
  const [x, y] = [[...first.values()], [...second.values()]];
  if (x.length < 2 || y.length < 2) {
    const none = { low: undefined, high: undefined, statistic: undefined };
    return {
      ...{ ...both, ...none, degreesOfFreedom: undefined, pValue: undefined, hedgesG: undefined },
      difference: a.mean === undefined || b.mean === undefined ? undefined : a.mean - b.mean,
      untested: `a test needs two runs of each, and there are ${x.length} and ${y.length}`,
    };
  }
  const test = welchTTest(x, y);
  const untested =
    test.pValue === undefined
      ? "neither varies from run to run, so that there is nothing to measure a difference by"
      : undefined;
  return { ...both, ...test, hedgesG: hedgesG(x, y), untested };
}

/** By seed. */
function valuesOf({ runs }: Cell): Map<number, number> {
  return new Map(
    runs.flatMap(({ seed, value }) => (value === undefined ? [] : [[seed, value] as const])),
  );
}

/** Holm's, of those that are there. */
function adjust(pValues: readonly (number | undefined)[]): (number | undefined)[] {
  const adjusted = holm(pValues.filter((p) => p !== undefined));
  let next = 0;
  return pValues.map((p) => (p === undefined ? undefined : adjusted[next++]));
}
