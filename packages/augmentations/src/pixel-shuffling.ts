import { copied } from "./buffers.ts";
import { kernels, sidesOfShape } from "./kernels/kernels.ts";
import { checked, integer, share, word } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Raster, type Transform, ownTransformOf } from "./sample.ts";
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

/** The blocks are drawn again from the seed, which is the key of Philox4x32-10. */
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
  const {
    blocks = 10_000,
    side = 0.1,
    overlap = "sequential",
  } = checked("localPixelShuffling", options, {
    blocks: integer(0),
    side: share,
    overlap: word("sequential", "authors"),
  });
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

function shuffled(
  { data, shape }: Raster,
  { seed, blocks, side, fromOriginal }: Shuffling,
): Float32Array {
  const sides = sidesOfShape(shape);
  const [depth, height, width] = sides.map((n) => Math.max(1, Math.floor(n * side))) as [
    number,
    number,
    number,
  ];
  if (depth * height * width === 1) return copied(data); // Nowhere for a pixel to go.
  const [low = 0, high = 0] = seed;
  return kernels().shuffle(data, sides, {
    largest: [depth, height, width],
    blocks,
    key: [low, high],
    fromOriginal: fromOriginal === 1,
  });
}

/**
 * Local pixel shuffling: the pixels of many small blocks change places within each.
 *
 * @see Zhou et al. 2019, Models Genesis, https://arxiv.org/abs/1908.06912
 */
export function localPixelShuffling(options: LocalPixelShufflingOptions = {}): Transform {
  return ownTransformOf(localPixelShufflingOperation(options));
}
