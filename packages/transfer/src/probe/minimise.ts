/** A smooth function: gives its value at x and writes its gradient there. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

/** Options of {@link minimise}. */
interface MinimiseOptions {
  /** Ends when no part of the gradient is larger. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** Where {@link minimise} ended. */
interface Minimum {
  readonly x: Float64Array;
  /** The gradient's largest part there. */
  readonly gradient: number;
  readonly iterations: number;
}

/** Steps that the inverse Hessian is estimated from. */
const MEMORY = 10;
/** Share of the decrease promised by the slope that a step must bring. */
const SUFFICIENT = 1e-4;
const HALVINGS = 50;

/** A step and how the gradient changed over it. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly sy: number;
}

/**
 * Minimises a convex function by L-BFGS with backtracking, from 0, in float64: the same bits each time.
 *
 * @see Nocedal and Wright 2006, algorithms 7.4 and 7.5
 */
export function minimise(f: SmoothFunction, size: number, options: MinimiseOptions): Minimum {
  let x = new Float64Array(size);
  let gradient = new Float64Array(size);
  let value = f(x, gradient);
  const pairs: Pair[] = [];
  let iterations = 0;
  while (largest(gradient) > options.tolerance && iterations < options.maxIterations) {
    iterations += 1;
    const direction = newtonDirection(gradient, pairs);
    const next = search(f, x, value, gradient, direction, pairs.length === 0);
    if (next === undefined) break;
    const s = next.x.map((v, i) => v - (x[i] as number));
    const y = next.gradient.map((v, i) => v - (gradient[i] as number));
    const sy = dot(s, y);
    if (sy > 0) pairs.push({ s, y, sy });
    if (pairs.length > MEMORY) pairs.shift();
    ({ x, value, gradient } = next);
  }
  return { x, gradient: largest(gradient), iterations };
}

/** −H g, where H is estimated from the last steps (the two-loop recursion). */
function newtonDirection(
  gradient: Float64Array,
  pairs: readonly Pair[],
): Float64Array<ArrayBuffer> {
  const q = gradient.map((v) => -v);
  const alphas = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i -= 1) {
    const { s, y, sy } = pairs[i] as Pair;
    alphas[i] = dot(s, q) / sy;
    add(q, -(alphas[i] as number), y);
  }
  const last = pairs[pairs.length - 1];
  if (last !== undefined) {
    const scale = last.sy / dot(last.y, last.y);
    q.forEach((v, i) => (q[i] = v * scale));
  }
  pairs.forEach(({ s, y, sy }, i) => add(q, (alphas[i] as number) - dot(y, q) / sy, s));
  return q;
}

/** The first of the steps 1, ½, ¼, … that decreases enough; none where rounding hides any decrease. */
function search(
  f: SmoothFunction,
  x: Float64Array,
  value: number,
  gradient: Float64Array,
  direction: Float64Array,
  first: boolean,
):
  { x: Float64Array<ArrayBuffer>; value: number; gradient: Float64Array<ArrayBuffer> } | undefined {
  const slope = dot(gradient, direction);
  const rounding = 10 * Number.EPSILON * Math.abs(value);
  let step = first ? 1 / Math.max(1, Math.sqrt(dot(direction, direction))) : 1;
  for (let halving = 0; halving < HALVINGS; halving += 1, step /= 2) {
    const to = Float64Array.from(x);
    add(to, step, direction);
    const there = new Float64Array(x.length);
    const reached = f(to, there);
    if (reached <= value + SUFFICIENT * step * slope + rounding) {
      return { x: to, value: reached, gradient: there };
    }
  }
  return undefined;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** a += factor · b */
function add(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i += 1) a[i] = (a[i] as number) + factor * (b[i] as number);
}

function largest(a: Float64Array): number {
  return a.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}
