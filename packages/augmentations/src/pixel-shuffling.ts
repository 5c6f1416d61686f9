import { createRandom } from "@dira/random";
import { stridesOf } from "./moved.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Raster, type Transform, transformOf } from "./sample.ts";
import { drawSeed } from "./span.ts";

/** Options of {@link localPixelShuffling}. */
export interface LocalPixelShufflingOptions {
  /** @defaultValue 10000 (Models Genesis; TransVW takes 5) */
  readonly blocks?: number;
  /** A block's sides are 1 … this share of the image's. @defaultValue 0.1 (both) */
  readonly side?: number;
  /**
   * `"sequential"`: each block shuffles what the ones before it left, so that the image keeps each of its
   * pixels. `"authors"`: each is read from the image before the first, as in the authors' code; where
   * blocks overlap, pixels are lost and doubled. @defaultValue "sequential"
   */
  readonly overlap?: "sequential" | "authors";
}

/** The blocks are drawn again from the seed. */
type Shuffling = {
  readonly seed: readonly number[];
  readonly blocks: number;
  readonly side: number;
  readonly fromOriginal: number;
};

/** {@link localPixelShuffling} as a replayable operation. */
export function localPixelShufflingOperation(
  options: LocalPixelShufflingOptions = {},
): Operation<Shuffling> {
  const { blocks = 10_000, side = 0.1, overlap = "sequential" } = options;
  return {
    name: "localPixelShuffling",
    draw: (_, random) => ({
      seed: drawSeed(random),
      blocks,
      side,
      fromOriginal: overlap === "authors" ? 1 : 0,
    }),
    apply: (sample, shuffling) => withData(sample, shuffled(sample.image, shuffling)),
  };
}

/** Visits the blocks of a record: the first pixel of each and its sides, depth first. */
function shuffled(
  { data, shape }: Raster,
  { seed, blocks, side, fromOriginal }: Shuffling,
): Float32Array {
  const out = data.slice();
  const source = fromOriginal === 1 ? data : out;
  const sides = shape.length === 2 ? [1, ...shape] : shape;
  const [plane, row] = stridesOf(sides) as [number, number, number];
  const largest = sides.map((length) => Math.max(1, Math.floor(length * side)));
  const places = new Int32Array(largest.reduce((a, b) => a * b, 1));
  const block = new Float32Array(places.length);
  const random = createRandom(...seed);
  const below = (n: number): number => random.integer(0, n);
  for (let n = 0; n < blocks; n += 1) {
    const [depth, height, width] = largest.map((most) => 1 + below(most)) as [
      number,
      number,
      number,
    ];
    const first =
      below((sides[0] as number) - depth + 1) * plane +
      below((sides[1] as number) - height + 1) * row +
      below((sides[2] as number) - width + 1);
    let count = 0;
    for (let z = 0; z < depth; z += 1) {
      for (let y = 0; y < height; y += 1) {
        const start = first + z * plane + y * row;
        for (let x = 0; x < width; x += 1, count += 1) {
          places[count] = start + x;
          block[count] = source[start + x] as number;
        }
      }
    }
    for (let i = count - 1; i >= 0; i -= 1) {
      // Fisher and Yates: the one drawn goes to place i, the last one left takes its place.
      const j = below(i + 1);
      out[places[i] as number] = block[j] as number;
      block[j] = block[i] as number;
    }
  }
  return out;
}

/**
 * Local pixel shuffling: the pixels of many small blocks change places within each.
 *
 * @see Zhou et al. 2019, Models Genesis, https://arxiv.org/abs/1908.06912
 */
export function localPixelShuffling(options: LocalPixelShufflingOptions = {}): Transform {
  return transformOf(localPixelShufflingOperation(options));
}
