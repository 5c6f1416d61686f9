import {
  boxOverlap,
  energyPointingGame,
  heatMapBox,
  localisationAccuracy,
  maskOverlap,
  pointingGame,
  type VoxelBox,
  type VoxelMap,
} from "@dira/transfer";

/** Where a finding lies. */
export interface Truth {
  readonly boxes: readonly VoxelBox[];
  readonly mask?: VoxelMap | undefined;
}

/** What one heat map is worth: each metric's value for this finding; undefined where there is no mask. */
export interface Score {
  readonly metrics: Readonly<Record<string, number | undefined>>;
  /** Around the hot voxels; undefined when the map is 0 everywhere. */
  readonly box: VoxelBox | undefined;
}

/** IoU above which a finding counts as localised: those of Wang et al. 2017, table 4. */
export const THRESHOLDS: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

/** Names of all metrics, in the order of tables. */
export const METRICS: readonly string[] = [
  "iou",
  ...THRESHOLDS.map((threshold) => `accuracy@${threshold}`),
  "iobb",
  "pointing_game",
  "energy_pointing_game",
  "mask_iou",
  "mask_iobb",
];

/**
 * Scores a heat map on the released image's pixels. Of several boxes the one counts that the map's box overlaps most
 * (Russakovsky et al. 2015), and the pointing games take all of them together (Zhang et al. 2018). A map that is 0
 * everywhere has no box, overlaps by 0, has no energy where it should be, and hits by chance: by the boxes' share of the image.
 *
 * @param share - of the map's maximum from which on voxels are hot.
 * @see Wang et al. 2017, https://arxiv.org/abs/1705.02315; Russakovsky et al. 2015,
 *   https://arxiv.org/abs/1409.0575
 */
export function score(map: VoxelMap, { boxes, mask }: Truth, share: number): Score {
  const hot = heatMapBox(map, { share });
  const overlaps = boxes.map((box) => boxOverlap(hot?.box, box));
  const iou = Math.max(...overlaps.map((each) => each.iou));
  const region = regionOf(boxes, map.shape);
  const accuracies = localisationAccuracy([iou], THRESHOLDS);
  const found = { data: hot?.mask ?? new Uint8Array(map.data.length), shape: map.shape };
  const shown = mask === undefined ? undefined : maskOverlap(found, mask);
  return {
    box: hot?.box,
    metrics: {
      iou,
      ...Object.fromEntries(
        accuracies.map((each) => [`accuracy@${each.threshold}`, each.accuracy]),
      ),
      iobb: Math.max(...overlaps.map((each) => each.iobb)),
      pointing_game: pointingGame(map, region),
      energy_pointing_game: energyPointingGame(map, region) ?? 0,
      mask_iou: shown?.iou,
      mask_iobb: shown?.iobb,
    },
  };
}

/** 1 in any of the boxes: in the pixels whose centres they cover. */
function regionOf(boxes: readonly VoxelBox[], shape: readonly number[]): VoxelMap {
  const rank = shape.length;
  const data = new Uint8Array(shape.reduce((a, b) => a * b, 1));
  for (const box of boxes) {
    const spans = shape.map((side, axis) => {
      const [start, length] = [box[axis] as number, box[rank + axis] as number];
      const [from, to] = [Math.ceil(start - 0.5), Math.ceil(start + length - 0.5)];
      return [Math.max(0, from), Math.min(side, to)] as const;
    });
    const fill = (axis: number, at: number): void => {
      const [from, to] = spans[axis] as readonly [number, number];
      const first = at * (shape[axis] as number);
      if (axis === rank - 1) {
        if (to > from) data.fill(1, first + from, first + to);
        return;
      }
      for (let i = from; i < to; i += 1) fill(axis + 1, first + i);
    };
    fill(0, 0);
  }
  return { data, shape };
}
