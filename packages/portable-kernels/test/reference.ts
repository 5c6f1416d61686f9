// Definitions in float64, by loops over every index.

/** A convolution's sizes, per spatial axis. */
interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** Of a convolution: how many images and channels. */
export interface Case {
  readonly images: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly axes: readonly Axis[];
}

export const outputOf = ({ axes }: Case): number[] =>
  axes.map(
    (a) => Math.floor((a.size + 2 * a.padding - a.dilation * (a.kernel - 1) - 1) / a.stride) + 1,
  );

export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Calls `f` for each product that a convolution sums: pixel of x, tap, pixel of y. */
export function eachProduct(c: Case, f: (from: number, tap: number, to: number) => void): void {
  const output = outputOf(c);
  const [pixels, windows] = [product(c.axes.map(({ size }) => size)), product(output)];
  const taps = product(c.axes.map(({ kernel }) => kernel));
  for (let image = 0; image < c.images; image += 1) {
    for (let window = 0; window < windows; window += 1) {
      for (let tap = 0; tap < taps; tap += 1) {
        const at = placeOf(c, output, window, tap);
        if (at !== undefined) f(image * pixels + at, tap, image * windows + window);
      }
    }
  }
}

/** Which pixel of an image a window sees with one of its taps; undefined outside. */
function placeOf(
  c: Case,
  output: readonly number[],
  window: number,
  tap: number,
): number | undefined {
  const [o, k] = [
    digits(window, output),
    digits(
      tap,
      c.axes.map(({ kernel }) => kernel),
    ),
  ];
  let at = 0;
  for (const [i, axis] of c.axes.entries()) {
    const position = (o[i] ?? 0) * axis.stride + (k[i] ?? 0) * axis.dilation - axis.padding;
    if (position < 0 || position >= axis.size) return undefined;
    at = at * axis.size + position;
  }
  return at;
}

function digits(value: number, sizes: readonly number[]): number[] {
  const all: number[] = [];
  let rest = value;
  for (const size of [...sizes].reverse()) {
    all.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return all;
}

type Values = ArrayLike<number>;
const at = (values: Values, i: number): number => values[i] as number;
const add = (values: Float64Array, i: number, value: number): void => {
  values[i] = at(values, i) + value;
};

export function convolved(c: Case, x: Values, w: Values): Float64Array {
  const { channels: C, outChannels: O } = c;
  const y = new Float64Array(c.images * product(outputOf(c)) * O);
  eachProduct(c, (from, tap, to) => {
    for (let i = 0; i < C; i += 1) {
      for (let o = 0; o < O; o += 1) {
        add(y, to * O + o, at(x, from * C + i) * at(w, (tap * C + i) * O + o));
      }
    }
  });
  return y;
}

export function inputGradient(c: Case, dy: Values, w: Values): Float64Array {
  const { channels: C, outChannels: O } = c;
  const dx = new Float64Array(c.images * product(c.axes.map(({ size }) => size)) * C);
  eachProduct(c, (from, tap, to) => {
    for (let i = 0; i < C; i += 1) {
      for (let o = 0; o < O; o += 1) {
        add(dx, from * C + i, at(dy, to * O + o) * at(w, (tap * C + i) * O + o));
      }
    }
  });
  return dx;
}

export function filterGradient(c: Case, x: Values, dy: Values): Float64Array {
  const { channels: C, outChannels: O } = c;
  const dw = new Float64Array(product(c.axes.map(({ kernel }) => kernel)) * C * O);
  eachProduct(c, (from, tap, to) => {
    for (let i = 0; i < C; i += 1) {
      for (let o = 0; o < O; o += 1) {
        add(dw, (tap * C + i) * O + o, at(x, from * C + i) * at(dy, to * O + o));
      }
    }
  });
  return dw;
}
