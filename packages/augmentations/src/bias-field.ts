import { takeBuffer } from "./buffers.ts";
import { checked, finite, integer, span } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Sample, type Transform, ownTransformOf } from "./sample.ts";
import { drawFrom, type Span } from "./span.ts";

/** Options of {@link biasField}. */
export interface BiasFieldOptions {
  /** Each coefficient of the polynomial. @defaultValue 0.5 (TorchIO) */
  readonly coefficients?: Span;
  /** Degree of the polynomial. @defaultValue 3 (TorchIO) */
  readonly order?: number;
}

type Bias = { readonly coefficients: readonly number[]; readonly order: number };

/** {@link biasField} as a replayable operation. */
export function biasFieldOperation(options: BiasFieldOptions = {}): Operation<Bias> {
  const { coefficients = 0.5, order = 3 } = checked("biasField", options, {
    coefficients: span(finite),
    order: integer(0),
  });
  return {
    name: "biasField",
    draw: (shape, random) => ({
      coefficients: exponentsOf(shape, order).map(() => drawFrom(coefficients, random)),
      order,
    }),
    apply: (sample, bias) => multiplied(sample.image, bias, sample),
    inverse: ({ coefficients: drawn, order: degree }) => [
      { name: "biasField", parameters: { coefficients: drawn.map((c) => -c), order: degree } },
    ],
  };
}

/** Powers of z, y and x of each term, up to the degree; axes of one pixel take no part. */
function exponentsOf(shape: readonly number[], order: number): (readonly number[])[] {
  const powers = Array.from({ length: order + 1 }, (_, i) => i);
  const [dz, dy, dx] = [...(shape.length === 2 ? [1] : []), ...shape].map((side) =>
    side > 1 ? powers : [0],
  ) as [number[], number[], number[]];
  return dz
    .flatMap((z) => dy.flatMap((y) => dx.map((x) => [z, y, x])))
    .filter((term) => term.reduce((a, b) => a + b, 0) <= order);
}

function multiplied(
  { data, shape }: Sample["image"],
  { coefficients, order }: Bias,
  sample: Sample,
): Sample {
  const terms = exponentsOf(shape, order);
  const [height, width] = shape.slice(-2) as [number, number];
  const place = (i: number, side: number): number => (side > 1 ? (2 * i) / (side - 1) - 1 : 0);
  const out = takeBuffer(data.length);
  const inRow = new Float64Array(order + 1);
  for (let row = 0; row * width < data.length; row += 1) {
    const y = place(row % height, height);
    const z = place(Math.floor(row / height), data.length / height / width);
    // The polynomial of this row, in x alone.
    inRow.fill(0);
    terms.forEach(([pz = 0, py = 0, px = 0], i) => {
      inRow[px] = (inRow[px] as number) + (coefficients[i] as number) * z ** pz * y ** py;
    });
    for (let i = 0; i < width; i += 1) {
      const x = place(i, width);
      let sum = 0;
      for (let p = order; p >= 0; p -= 1) sum = sum * x + (inRow[p] as number);
      out[row * width + i] = (data[row * width + i] as number) * Math.exp(sum);
    }
  }
  return withData(sample, out);
}

/**
 * A smooth change of gain, as in MRI: `x · exp(P(z, y, x))`, with P a random polynomial over [−1, 1].
 * TorchIO's `RandomBiasField`.
 *
 * @see Van Leemput et al. 1999, https://doi.org/10.1109/42.811268
 */
export function biasField(options: BiasFieldOptions = {}): Transform {
  return ownTransformOf(biasFieldOperation(options));
}
