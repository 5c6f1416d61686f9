import type { ImageSet } from "@dira/data";
import { connectedComponents, heatMapBox, type VoxelBox, type VoxelMap } from "@dira/transfer";

/** A label of an image, and where what it names lies. */
export interface Finding {
  /** Number of the image in its set. */
  readonly image: number;
  readonly label: string;
  /** The network's logit of the label. */
  readonly output: number;
  /** In pixels of the image as released; where there are masks alone, around each connected part. */
  readonly boxes: readonly VoxelBox[];
}

/**
 * All findings of a set whose place is known, by its boxes, else its masks.
 *
 * @param names - the network's labels, in the order of its logits. @param wanted - those that count.
 */
export async function findingsOf(
  set: ImageSet,
  names: readonly string[],
  wanted: readonly string[],
): Promise<readonly Finding[]> {
  const labels = names.flatMap((label, output) =>
    wanted.includes(label) ? [{ label, output }] : [],
  );
  const findings: Finding[] = [];
  for (let image = 0; image < set.length; image += 1) {
    const all = set.boxes?.(image) ?? [];
    for (const { label, output } of labels) {
      const given = all.filter((each) => each.label === label).map(({ box }) => box);
      const boxes = set.boxes === undefined ? await boxesByMask(set, image, label) : given;
      if (boxes.length > 0) findings.push({ image, label, output, boxes });
    }
  }
  return findings;
}

/** 1 where an image's mask shows a label; undefined where no mask of the set does. */
export async function maskOfLabel(
  set: ImageSet,
  image: number,
  label: string,
): Promise<VoxelMap | undefined> {
  const value = 1 + (set.maskNames ?? []).indexOf(label);
  const mask = value === 0 ? undefined : await set.mask?.(image);
  if (mask === undefined) return undefined;
  return { data: mask.data.map((v) => Number(v === value)), shape: mask.shape };
}

async function boxesByMask(set: ImageSet, image: number, label: string): Promise<VoxelBox[]> {
  const labelled = set.labelNames?.indexOf(label) ?? -1;
  // What the image is said not to have, its mask need not be read for.
  if (labelled >= 0 && set.labels?.(image)[labelled] !== 1) return [];
  const mask = await maskOfLabel(set, image, label);
  if (mask === undefined) return [];
  const { labels, sizes } = connectedComponents(mask);
  return sizes.flatMap((_, k) => {
    const part = Uint8Array.from(labels, (number) => Number(number === k + 1));
    const found = heatMapBox({ data: part, shape: mask.shape });
    return found === undefined ? [] : [found.box];
  });
}
