import { z } from "zod";

const positive = z.number().int().positive();
const share = z.number().min(0).max(1);
const mm = z.number().positive().nullable();

/** Voxels along [depth, height, width]. */
export const voxels = z.tuple([positive, positive, positive]);

/** What is done with volumes of which patches are cut; sets of cubes are taken as they are. */
export const volumesSchema = z
  .strictObject({
    /** Hounsfield units that become 0 and 1; min-max: each volume's own range (MRI); null: values are shares already. */
    window: z
      .union([
        z.tuple([z.number(), z.number()]).refine(([low, high]) => high > low, "must rise"),
        z.literal("min-max"),
      ])
      .nullable(),
    /** mm along [z, y, x] that volumes are resampled to; null along an axis: its own. */
    spacing: z.tuple([mm, mm, mm]).nullable(),
    /** Patches of each volume in an epoch. */
    patches: positive,
    /** Patches of each held-out volume. */
    heldPatches: positive,
    /** Volumes that patches come from at a time: bounds what has to be in memory. */
    group: positive,
    /**
     * Least and largest share of a patch that is tissue, and from which value on a voxel is: in the window's units, or as a
     * share where there is no window. Null takes every patch.
     */
    tissue: z.strictObject({ from: z.number(), share: z.tuple([share, share]) }).nullable(),
  })
  .superRefine(({ tissue, window }, context) => {
    const [low, high] = rangeOf(window);
    if (tissue === null || (tissue.from >= low && tissue.from <= high)) return;
    const path = ["tissue", "from"];
    const message = `${tissue.from} lies outside the values that voxels have, ${low} to ${high}; no patch would count as it says. Give one inside, or tissue=null for every patch`;
    context.addIssue({ code: "custom", path, message });
  });

/** Values that become 0 and 1 of a window of HU; of shares 0 and 1 themselves. */
export function rangeOf(window: VolumesConfig["window"]): readonly [number, number] {
  return window === null || window === "min-max" ? [0, 1] : window;
}

/** What is done with volumes. */
export type VolumesConfig = z.infer<typeof volumesSchema>;

/** The window of Models Genesis and TransVW; 32 patches a volume, as Models Genesis; patches of air are left out. */
export const VOLUMES: VolumesConfig = {
  window: [-1000, 1000],
  spacing: null,
  patches: 32,
  heldPatches: 8,
  group: 8,
  tissue: { from: -150, share: [0.15, 1] },
};
