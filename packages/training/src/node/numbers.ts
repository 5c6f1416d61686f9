/** Whole numbers and the like that belong to a training state. */
export type Numbers = Readonly<Record<string, number>>;

/** Numbers as JSON, sorted by name; what JSON lacks (NaN, infinities, −0) is kept as text. */
export function numbersToJson(numbers: Numbers): string {
  const exact = (n: number): number | string =>
    !Number.isFinite(n) ? String(n) : Object.is(n, -0) ? "-0" : n;
  const sorted = Object.keys(numbers).sort();
  return JSON.stringify(
    Object.fromEntries(sorted.map((name) => [name, exact(numbers[name] as number)])),
  );
}

/** The inverse of {@link numbersToJson}. @throws Error when it is none. */
export function numbersFromJson(text: string): Numbers {
  const parsed = JSON.parse(text) as Record<string, number | string>;
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, Number(value)]));
}
