import { bezierIntensity } from "./bezier.ts";
import { compose, oneOf } from "./compose.ts";
import { elastic } from "./elastic.ts";
import { checked, type Rules, word } from "./options.ts";
import { inPainting, outPainting } from "./painting.ts";
import { localPixelShuffling } from "./pixel-shuffling.ts";
import type { Transform } from "./sample.ts";

/** Options of {@link transVwDistortion}. */
export interface TransVwOptions {
  /** Whose code: the sizes and fillings of painting differ. @defaultValue "pytorch" */
  readonly variant?: "pytorch" | "keras";
  /** As in the authors' code, blocks are shuffled from the image as it was. @defaultValue "sequential" */
  readonly overlap?: "sequential" | "authors";
}

/** What the options may be. */
export const transVwRules: Rules<TransVwOptions> = {
  variant: word("pytorch", "keras"),
  overlap: word("sequential", "authors"),
};

/**
 * TransVW's distortions of a cube with intensities in [0, 1]: elastic always, then one of four, 0.25 each: local
 * shuffling (5 blocks), non-linear intensity, in-painting, out-painting.
 *
 * @see Haghighi et al. 2021, https://arxiv.org/abs/2102.10680, and `data_loader.py` of fhaghighi/TransVW
 */
export function transVwDistortion(options: TransVwOptions = {}): Transform {
  const { variant: code = "pytorch", overlap = "sequential" } = checked(
    "transVwDistortion",
    options,
    transVwRules,
  );
  const variant = code === "keras" ? "transvw-keras" : "transvw";
  return compose(
    elastic(),
    oneOf(
      [0.25, localPixelShuffling({ blocks: 5, overlap })],
      [0.25, bezierIntensity()],
      [0.25, inPainting({ variant })],
      [0.25, outPainting({ variant })],
    ),
  );
}
