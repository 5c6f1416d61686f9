import { takeBuffer } from "./buffers.ts";
import { checked, share } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Transform, ownTransformOf } from "./sample.ts";

/** Points along the curve; between them it is taken as straight. */
const SAMPLES = 2048;
/** Cells of the index over x that starts the search for a value's piece. */
const CELLS = 4096;

/** The inner control points `[x1, y1, x2, y2]`, and whether dark becomes bright. */
type Bezier = { readonly points: readonly number[]; readonly inverted: number };

/** Options of {@link bezierIntensity}. */
export interface BezierIntensityOptions {
  /** Chance that the map is inverted. @defaultValue 0.5 (Models Genesis, TransVW) */
  readonly inverted?: number;
}

/** {@link bezierIntensity} as a replayable operation. */
export function bezierIntensityOperation(options: BezierIntensityOptions = {}): Operation<Bezier> {
  const { inverted = 0.5 } = checked("bezierIntensity", options, { inverted: share });
  return {
    name: "bezierIntensity",
    draw: (_, random) => ({
      points: [random.uniform(), random.uniform(), random.uniform(), random.uniform()],
      inverted: Number(random.bernoulli(inverted)),
    }),
    apply: (sample, bezier) => withData(sample, mapped(sample.image.data, curveOf(bezier))),
  };
}

interface Curve {
  /** Rising, from 0 to 1. */
  readonly xs: Float64Array;
  readonly ys: Float64Array;
}

/** Bernstein's polynomials 1 to 3 along the curve: the same for each of them. */
const BASES = [
  (t: number) => 3 * (1 - t) ** 2 * t,
  (t: number) => 3 * (1 - t) * t * t,
  (t: number) => t ** 3,
].map((base) => Float64Array.from({ length: SAMPLES }, (_, i) => base(i / (SAMPLES - 1)))) as [
  Float64Array,
  Float64Array,
  Float64Array,
];

/** `3(1−t)²t p₁ + 3(1−t)t² p₂ + t³`, with p₀ = 0 and p₃ = 1. */
function along(p1: number, p2: number): Float64Array {
  const [first, second, third] = BASES;
  const out = new Float64Array(SAMPLES);
  for (let i = 0; i < SAMPLES; i += 1) {
    out[i] = (first[i] as number) * p1 + (second[i] as number) * p2 + (third[i] as number);
  }
  return out;
}

function curveOf({ points, inverted }: Bezier): Curve {
  const [x1, y1, x2, y2] = points as [number, number, number, number];
  const [xs, ys] = [along(x1, x2).sort(), along(y1, y2)];
  // The authors run t backwards and sort x alone: dark and bright change places.
  return { xs, ys: inverted === 1 ? ys.reverse() : ys.sort() };
}

/** `numpy.interp(data, xs, ys)`. */
function mapped(data: Float32Array, { xs, ys }: Curve): Float32Array {
  const out = takeBuffer(data.length);
  const pieces = piecesOf(xs);
  const slopes = slopesOf(xs, ys);
  const [first, last] = [ys[0] as number, ys[SAMPLES - 1] as number];
  for (let i = 0; i < data.length; i += 1) {
    const x = data[i] as number;
    if (x > 0 && x < 1) {
      let piece = pieces[(x * CELLS) | 0] as number;
      while ((xs[piece + 1] as number) <= x) piece += 1;
      out[i] = (ys[piece] as number) + (slopes[piece] as number) * (x - (xs[piece] as number));
    } else {
      out[i] = x >= 1 ? last : first;
    }
  }
  return out;
}

/** Of each piece; 0 where it has no width. */
function slopesOf(xs: Float64Array, ys: Float64Array): Float64Array {
  const slopes = new Float64Array(SAMPLES);
  for (let i = 0; i + 1 < SAMPLES; i += 1) {
    const width = (xs[i + 1] as number) - (xs[i] as number);
    if (width > 0) slopes[i] = ((ys[i + 1] as number) - (ys[i] as number)) / width;
  }
  return slopes;
}

/** For each cell of [0, 1] the last piece that starts at or before it. */
function piecesOf(xs: Float64Array): Uint16Array {
  const pieces = new Uint16Array(CELLS);
  for (let cell = 0, piece = 0; cell < CELLS; cell += 1) {
    while (piece < SAMPLES - 2 && (xs[piece + 1] as number) <= cell / CELLS) piece += 1;
    pieces[cell] = piece;
  }
  return pieces;
}

/**
 * Non-linear intensity: values in [0, 1] go through a cubic Bézier curve from (0, 0) to (1, 1) with two
 * random points, made to rise; or, by chance, a map from (0, 1) to (1, 0). Others become the ends'.
 *
 * @see Zhou et al. 2019, Models Genesis, https://arxiv.org/abs/1908.06912
 */
export function bezierIntensity(options: BezierIntensityOptions = {}): Transform {
  return ownTransformOf(bezierIntensityOperation(options));
}
