import type { Raster } from "@dira/augmentations";
import { type LidcOutline, lidcOutlines } from "@dira/data";
import { connectedComponents } from "@dira/transfer";

/** A nodule as one reader outlined it. */
export interface OutlinedNodule {
  /** Outlines with the number of their slice. */
  readonly outlines: readonly (LidcOutline & { readonly slice: number })[];
}

type Change = "none" | "grown" | "shrunk";

/** What each of the four readers makes of the true outline. */
const READERS: readonly Change[] = ["none", "grown", "none", "shrunk"];

/**
 * The nodules of a mask as four readers outline them: each part that hangs together, in its slices; two as it is, one by a
 * pixel larger, one by a pixel smaller (who misses the smallest).
 *
 * @param mask - all but 0 is nodule, `[depth, height, width]`
 */
export function readersOf({ data, shape }: Raster<Uint8Array>): OutlinedNodule[][] {
  const [depth = 0, height = 0, width = 0] = shape;
  const binary = { data: data.map((value) => Number(value !== 0)), shape };
  const { labels, sizes } = connectedComponents(binary, { connectivity: "corners" });
  return READERS.map((change) =>
    sizes.flatMap((_, component) => {
      const outlines = Array.from({ length: depth }, (__, slice) => {
        const pixels = labels.subarray(slice * height * width, (slice + 1) * height * width);
        const own = Uint8Array.from(pixels, (label) => Number(label === component + 1));
        const drawn = changed(own, [height, width], change);
        return lidcOutlines(drawn, [height, width]).map((outline) => ({ ...outline, slice }));
      }).flat();
      return outlines.length === 0 ? [] : [{ outlines }];
    }),
  );
}

/** A mask with the pixels that share a side with it, or without those that share one with what is outside. */
function changed(mask: Uint8Array, [height, width]: [number, number], change: Change): Uint8Array {
  if (change === "none") return mask;
  const value = Number(change === "grown");
  const out = Uint8Array.from(mask);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      const beside = [
        y > 0 && mask[at - width] === value,
        y < height - 1 && mask[at + width] === value,
        x > 0 && mask[at - 1] === value,
        x < width - 1 && mask[at + 1] === value,
      ];
      if (beside.includes(true)) out[at] = value;
    }
  }
  return out;
}
