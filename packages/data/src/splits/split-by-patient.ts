import { createRandom } from "@dira/random";
import { DataError, type ImageSet } from "../image.ts";

/** Options of {@link splitByPatient}. */
export interface SplitOptions {
  /** Share of the images that each split is to have; together 1. @defaultValue train 0.7, val 0.1, test 0.2 */
  readonly shares?: Readonly<Record<string, number>>;
  readonly seed: number;
}

interface Patient {
  readonly images: number[];
  /** Images with each label; the last counts all images. */
  readonly counts: number[];
}

/**
 * Divides a set so that no patient is in two splits and each split has about its share of the images
 * and of each label: iterative stratification over patients. The rarest label left is dealt out first,
 * patient by patient, each to the split that lacks most of it.
 *
 * @returns the numbers of the images of each split, in order.
 * @throws DataError when the set knows no patients, the shares do not add up to 1, or a split with a share
 *   above 0 got no patient.
 * @see Sechidis et al. 2011, https://doi.org/10.1007/978-3-642-23808-6_10
 */
export function splitByPatient(set: ImageSet, options: SplitOptions): Record<string, number[]> {
  const { shares = { train: 0.7, val: 0.1, test: 0.2 }, seed } = options;
  const names = Object.keys(shares);
  checkShares(shares);
  const patients = patientsOf(set);
  const order = createRandom(seed, "split").permutation(patients.length);
  const left = new Set([...order].map((i) => patients[i] as Patient));
  const totals = (patients[0]?.counts ?? []).map((_, label) => sumOf(left, label));
  const wanted = names.map((name) => totals.map((total) => total * (shares[name] as number)));
  const result = names.map((): number[] => []);
  const deal = (patient: Patient, label: number): void => {
    const split = mostLacking(wanted, label, totals.length - 1);
    result[split]?.push(...patient.images);
    patient.counts.forEach((count, i) => {
      const lacks = wanted[split] as number[];
      lacks[i] = (lacks[i] as number) - count;
    });
    left.delete(patient);
  };
  while (left.size > 0) {
    const label = rarestLabel(left, totals.length);
    for (const patient of [...left]) if ((patient.counts[label] ?? 0) > 0) deal(patient, label);
  }
  const empty = names.filter((name, i) => result[i]?.length === 0 && (shares[name] as number) > 0);
  if (empty.length > 0) {
    throw new DataError(
      `${set.name}: the ${patients.length} patients (${set.length} images) leave nothing for ${empty.map((name) => `${name} (share ${shares[name]})`).join(", ")}. Raise its share, set it to 0, or add patients.`,
    );
  }
  return Object.fromEntries(
    names.map((name, split) => [name, (result[split] ?? []).sort((a, b) => a - b)]),
  );
}

function patientsOf(set: ImageSet): Patient[] {
  const { patient, labels, length } = set;
  if (patient === undefined) {
    throw new DataError(
      `${set.name} does not say which image is whose, so a split could share patients. Name the files so that the set knows its patients, or give a table; where each image is another patient's, say so: \`{ ...set, patient: set.id }\`, or --per-image of \`dira data split\`.`,
    );
  }
  const width = set.labelNames?.length ?? 0;
  const byId = new Map<string, Patient>();
  for (let index = 0; index < length; index += 1) {
    const id = patient(index);
    const known = byId.get(id) ?? { images: [], counts: new Array<number>(width + 1).fill(0) };
    byId.set(id, known);
    known.images.push(index);
    const row = labels?.(index) ?? [];
    for (let label = 0; label < width; label += 1) {
      if (row[label] === 1) known.counts[label] = (known.counts[label] ?? 0) + 1;
    }
    known.counts[width] = (known.counts[width] ?? 0) + 1;
  }
  return [...byId.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, known]) => known);
}

function sumOf(patients: Iterable<Patient>, label: number): number {
  let sum = 0;
  for (const { counts } of patients) sum += counts[label] ?? 0;
  return sum;
}

/** The label with the fewest images left, but some; the count of all images last. */
function rarestLabel(left: ReadonlySet<Patient>, labels: number): number {
  const sums = Array.from({ length: labels }, (_, label) => sumOf(left, label));
  return sums.reduce(
    (best, sum, label) => (sum > 0 && sum < (sums[best] as number) ? label : best),
    labels - 1,
  );
}

/** The split that lacks most of a label; of equals, the one that lacks most images. */
function mostLacking(wanted: readonly number[][], label: number, all: number): number {
  const lack = (split: number, of: number): number => wanted[split]?.[of] ?? 0;
  return wanted.reduce((best, _, split) => {
    const more = lack(split, label) - lack(best, label);
    return more > 0 || (more === 0 && lack(split, all) > lack(best, all)) ? split : best;
  }, 0);
}

function checkShares(shares: Readonly<Record<string, number>>): void {
  const values = Object.values(shares);
  const total = values.reduce((sum, share) => sum + share, 0);
  if (values.every((share) => share >= 0) && Math.abs(total - 1) < 1e-6) return;
  throw new DataError(
    `The shares of a split must be at least 0 and add up to 1, got ${Object.entries(shares)
      .map(([name, share]) => `${name} ${share}`)
      .join(", ")}.`,
  );
}
