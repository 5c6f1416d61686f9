// Student's t distribution by the incomplete beta function.

/**
 * `P(|T| ≥ |t|)` of Student's t with ν degrees of freedom, which need not be whole:
 * `I_{ν/(ν+t²)}(ν/2, ½)`. As `2 * scipy.stats.t.sf(abs(t), ν)`; small probabilities keep their digits.
 *
 * @see Abramowitz and Stegun 1964, 26.7.1 and 26.5.27
 */
export function studentTwoSided(t: number, degreesOfFreedom: number): number {
  if (t ** 2 === Infinity) return 0;
  const whole = degreesOfFreedom + t ** 2;
  return incompleteBeta(degreesOfFreedom / whole, t ** 2 / whole, degreesOfFreedom / 2, 0.5);
}

/**
 * The t ≥ 0 with `P(|T| ≥ t) = p`, as `scipy.stats.t.isf(p / 2, ν)`; by bisection, to the last digits.
 *
 * @param p - in (0, 1].
 */
export function studentTwoSidedQuantile(p: number, degreesOfFreedom: number): number {
  let [low, high] = [0, 1];
  while (studentTwoSided(high, degreesOfFreedom) > p) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentTwoSided(middle, degreesOfFreedom) > p) low = middle;
    else high = middle;
  }
}

/**
 * The regularised incomplete beta function I_x(a, b).
 *
 * @param x - in [0, 1]. @param rest - 1 − x, with its own digits.
 */
function incompleteBeta(x: number, rest: number, a: number, b: number): number {
  if (x === 0 || rest === 0) return x;
  const front = Math.exp(a * Math.log(x) + b * Math.log(rest) - logBeta(a, b));
  // Each fraction converges fast on its own side of the mean.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(rest, b, a)) / b;
}

/**
 * The continued fraction of I_x, by Lentz's method.
 *
 * @see Abramowitz and Stegun 1964, 26.5.8
 */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const coefficient of [even, odd]) {
      d = 1 / away(1 + coefficient * d);
      c = away(1 + coefficient / c);
      step = c * d;
      value *= step;
    }
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return value;
}

/** Not 0, so that it can be divided by. */
const away = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);

/** ln B(a, b). Of a large a, the large parts of ln Γ(a) and ln Γ(a + b) are taken off each other first. */
function logBeta(a: number, b: number): number {
  if (a < 15) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const difference = (a - 0.5) * Math.log1p(b / a) + b * Math.log(a + b) - b;
  return logGamma(b) - difference + stirling(a) - stirling(a + b);
}

/**
 * ln Γ(x) for x > 0: Stirling's series, after the recurrence has brought x to 15 or more. As
 * `scipy.special.gammaln`.
 *
 * @see Abramowitz and Stegun 1964, 6.1.41
 */
export function logGamma(x: number): number {
  let [at, product] = [x, 1];
  while (at < 15) {
    product *= at;
    at += 1;
  }
  return (
    (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + stirling(at) - Math.log(product)
  );
}

/** The remainder of Stirling's formula. */
function stirling(x: number): number {
  const r = 1 / x ** 2;
  return (
    (1 / 12 -
      r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) /
    x
  );
}
