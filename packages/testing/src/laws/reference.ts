import type { Sample } from "../arbitraries.ts";
import type { Context } from "./context.ts";
import { evaluate, expectSame, expectSameGradient } from "./evaluate.ts";
import type { Law, LossLawOptions, Rows } from "./options.ts";

type Reference = NonNullable<LossLawOptions["reference"]>;

/** The loss and its gradients are those of plain loops in float64. */
export function referenceLaws({ loss, options, forAll }: Context): Law[] {
  const { reference, detached, tolerance, gradientTolerance } = options;
  if (reference === undefined) return [];
  const value = (samples: Sample[]): void =>
    expectSame(
      "the reference",
      evaluate(loss, samples).value,
      reference(...samples.map(rowsOf)),
      tolerance,
    );
  const gradient = (samples: Sample[]): void => {
    const own = evaluate(loss, samples).gradients;
    own.forEach((values, view) => {
      if (detached.includes(view)) return;
      const expected = slopes(reference, samples, view);
      expectSameGradient(`view ${view}`, values, expected, gradientTolerance);
    });
  };
  return [
    { name: "equals its reference in float64", check: () => forAll(value) },
    { name: "has the reference's gradient, element by element", check: () => forAll(gradient) },
  ];
}

const rowsOf = ({ shape: [N = 0, C = 0], values }: Sample): number[][] =>
  Array.from({ length: N }, (_, n) => Array.from(values.subarray(n * C, (n + 1) * C)));

/** Central differences of the reference by each element of a view: in float64, so a small step will do. */
function slopes(reference: Reference, samples: readonly Sample[], view: number): number[] {
  const rows = samples.map(rowsOf);
  const moved = (n: number, c: number, by: number): number => {
    const changed: Rows[] = rows.map((each, v) =>
      v !== view
        ? each
        : each.map((row, i) => (i !== n ? row : row.map((x, j) => (j === c ? x + by : x)))),
    );
    return reference(...changed);
  };
  return (rows[view] ?? []).flatMap((row, n) =>
    row.map((x, c) => {
      const step = 1e-5 * Math.max(Math.abs(x), 1e-2);
      return (moved(n, c, step) - moved(n, c, -step)) / (2 * step);
    }),
  );
}
