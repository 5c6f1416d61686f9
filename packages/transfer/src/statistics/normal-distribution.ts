// The standard normal distribution, to the accuracy of float64.

/**
 * Φ(x), as `scipy.stats.norm.cdf`: near 0 by its power series, in the tails by a continued fraction, so
 * that small probabilities keep their digits.
 *
 * @see Abramowitz and Stegun 1964, 26.2.10 and 26.2.14
 */
export function normalCdf(x: number): number {
  if (Math.abs(x) > 3) {
    const tail = upperTail(Math.abs(x));
    return x < 0 ? tail : 1 - tail;
  }
  // Φ(x) = ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …)
  let [term, sum] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-18; k += 2) {
    term *= x ** 2 / k;
    sum += term;
  }
  return 0.5 + density(x) * sum;
}

const density = (x: number): number => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);

/** φ(x) / (x + 1/(x + 2/(x + 3/(x + …)))), from the inside; for x above 3. */
function upperTail(x: number): number {
  let fraction = x;
  for (let k = 120; k >= 1; k -= 1) fraction = x + k / fraction;
  return density(x) / fraction;
}

const CENTRE = [
  [3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227],
  [1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854],
] as const; // prettier-ignore
const TAIL = [
  [1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414],
  [1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9],
] as const; // prettier-ignore
const FAR_TAIL = [
  [6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7],
  [1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15],
] as const; // prettier-ignore

/**
 * Φ⁻¹(p), as `scipy.stats.norm.ppf`; −Infinity at 0, Infinity at 1.
 *
 * @see Wichura 1988, algorithm AS 241 (PPND16), https://doi.org/10.2307/2347330
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * rational(CENTRE, 0.180625 - q ** 2);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  if (r === Infinity) return q < 0 ? -Infinity : Infinity;
  const x = r <= 5 ? rational(TAIL, r - 1.6) : rational(FAR_TAIL, r - 5);
  return q < 0 ? -x : x;
}

function rational(
  [numerator, denominator]: readonly [readonly number[], readonly number[]],
  x: number,
): number {
  const value = (coefficients: readonly number[]): number =>
    coefficients.reduceRight((sum, c) => sum * x + c, 0);
  return value(numerator) / value(denominator);
}
