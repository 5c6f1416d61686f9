import type { ImageSet } from "./image.ts";

/** The images of a set with these numbers, in this order, under the set's name. */
export function subset(set: ImageSet, indices: readonly number[]): ImageSet {
  const at = (index: number): number => indices[index] as number;
  const { source: _, patient, labels, boxes, mask, stamp, ...rest } = set;
  return {
    ...rest,
    length: indices.length,
    id: (index) => set.id(at(index)),
    read: (index, side) => set.read(at(index), side),
    ...(patient && { patient: (index: number) => patient(at(index)) }),
    ...(labels && { labels: (index: number) => labels(at(index)) }),
    ...(boxes && { boxes: (index: number) => boxes(at(index)) }),
    ...(mask && { mask: (index: number) => mask(at(index)) }),
    ...(stamp && { stamp: (index: number) => stamp(at(index)) }),
  };
}
