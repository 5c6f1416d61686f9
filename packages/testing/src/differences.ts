import { dot } from "./samples.ts";

/** A function's slope along a direction, found without its gradient. */
export interface Slope {
  readonly value: number;
  /** How far off the value may be: the step's error and the function's rounding noise. */
  readonly uncertainty: number;
}

/** A function along a line, as float32 computes it. */
export interface Line {
  /** The function's value (in float64) at the start moved by `t`. */
  readonly at: (t: number) => number;
  /** A step at which to begin: large against rounding, within the reach of the function's smoothness. */
  readonly step: number;
}

const HALVINGS = 8;
const NOISE_POINTS = 7;

/**
 * The slope of a function at 0, by central differences `D(h) = (f(h) − f(−h)) / 2h` at halved steps with
 * Richardson's `R(h) = (4·D(h/2) − D(h)) / 3`, whose error is of order h⁴. Steps are halved until the
 * uncertainty, `|R(h) − R(2h)|` plus three standard deviations of rounding noise in R, is below `goal` or
 * grows; the most certain R counts.
 *
 * @param goal - the uncertainty that is small enough.
 * @see Ridders 1982, https://doi.org/10.1016/S0141-1195(82)80057-0
 */
export function slopeAtZero(line: Line, goal: number): Slope {
  const noise = noiseOf(line);
  let best: Slope = { value: NaN, uncertainty: Infinity };
  let previous: { difference: number; refined: number } | undefined;
  for (let k = 0; k <= HALVINGS && best.uncertainty > goal; k += 1) {
    const h = line.step / 2 ** k;
    const difference = (line.at(h) - line.at(-h)) / (2 * h);
    const refined = previous === undefined ? NaN : (4 * difference - previous.difference) / 3;
    const change = Math.abs(refined - (previous?.refined ?? NaN));
    // R = 4/3·D(h) − 1/3·D(2h), where D's noise is noise / (√2·h).
    const uncertainty = change + (3 * noise) / h;
    if (uncertainty < best.uncertainty) best = { value: refined, uncertainty };
    previous = { difference, refined };
  }
  return best;
}

/**
 * Standard deviation of a function's rounding noise: fourth differences of values at close, equal
 * steps cancel the smooth part and scale noise by √70.
 *
 * @see Moré and Wild 2011, "Estimating computational noise", https://doi.org/10.1137/100786125
 */
function noiseOf({ at, step }: Line): number {
  const values = Array.from({ length: NOISE_POINTS }, (_, i) => at((step / 256) * (i - 3)));
  const binomial = [1, -4, 6, -4, 1];
  const fourth = [0, 1, 2].map((i) => dot(values.slice(i, i + 5), binomial));
  return Math.sqrt(dot(fourth, fourth) / fourth.length / 70);
}
