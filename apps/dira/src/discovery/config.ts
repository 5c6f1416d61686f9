import { ENGINE_NAMES } from "@dira/engine";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";

const voxels = z.tuple([
  z.number().int().positive(),
  z.number().int().positive(),
  z.number().int().positive(),
]);
const share = z.number().min(0).max(1);

/** Everything that decides which words are discovered. */
const discoverySchema = z.strictObject({
  data: z.string().nullable(),
  /** Layout of the folder; null: every volume in it is a patient's. */
  kind: z.string().nullable(),
  /** Phantom CTs, where no data is given, and their voxels. */
  phantoms: z.number().int().min(3),
  phantomSize: voxels,
  /** Share of the volumes that may be unusable. */
  maxUnreadable: share,
  words: z.number().int().positive(),
  neighbours: z.number().int().positive(),
  heldNeighbours: z.number().int().positive(),
  /** Voxels of the cubes, [depth, height, width]. */
  cube: voxels,
  resolutions: z.number().int().positive(),
  /** Hounsfield units that become 0 and 1. */
  window: z.tuple([z.number(), z.number()]).refine(([low, high]) => high > low, "must rise"),
  spacing: z.number().min(0),
  borderVoxels: z.tuple([z.number().min(0), z.number().min(0), z.number().min(0)]),
  borderShare: z.tuple([z.number(), z.number(), z.number()]),
  /** Least and largest share of a cube from `tissueFrom` HU on. */
  tissue: z.tuple([share, share]),
  tissueFrom: z.number(),
  autoEncoder: z.strictObject({
    /** Voxels that whole volumes are resized to, [depth, height, width]. */
    volume: voxels,
    width: z.number().int().positive(),
    levels: z.number().int().min(2),
    batch: z.number().int().positive(),
    epochs: z.number().int().positive(),
    /** Instead of epochs; null: epochs. */
    steps: z.number().int().positive().nullable(),
    learningRate: z.number().positive(),
  }),
  seed: z.number().int().min(0),
  engine: z.enum(["auto", ...ENGINE_NAMES]),
});

/** A resolved configuration of a discovery. */
export type DiscoveryConfig = z.infer<typeof discoverySchema>;

/**
 * TransVW's numbers, but for the epochs of the auto-encoder: TransVW's stops when its validation has not
 * improved for 50, here it trains for a fixed number and takes the best.
 *
 * @see Haghighi et al. 2021, https://arxiv.org/abs/2102.10680
 */
export const DISCOVERY: DiscoveryConfig = {
  data: null,
  kind: null,
  phantoms: 40,
  phantomSize: [64, 128, 128],
  maxUnreadable: 0.1,
  words: 44,
  neighbours: 200,
  heldNeighbours: 30,
  cube: [32, 64, 64],
  resolutions: 3,
  window: [-1000, 1000],
  spacing: 5,
  borderVoxels: [30, 100, 100],
  borderShare: [30 / 300, 100 / 512, 100 / 512],
  tissue: [0, 0.15],
  tissueFrom: -150,
  autoEncoder: {
    volume: [64, 128, 128],
    width: 32,
    levels: 4,
    batch: 8,
    epochs: 100,
    steps: null,
    learningRate: 1e-3,
  },
  seed: 0,
  engine: "auto",
};

/** Phantoms have few voxels: cubes of nothing but lung do not fit into theirs, so air alone is left out. */
export const PHANTOM_DISCOVERY: DiscoveryConfig = { ...DISCOVERY, tissue: [0.15, 1] };

/** @throws UsageError naming each value that does not fit. */
export function checkDiscovery(config: unknown): DiscoveryConfig {
  const result = discoverySchema.safeParse(config);
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `\`${issue.path.join(".")}\`: ${issue.message}`,
    );
    throw new UsageError(`The configuration does not fit. ${problems.join("; ")}.`);
  }
  const { volume, levels } = result.data.autoEncoder;
  const divisor = 2 ** (levels - 1);
  if (volume.every((side) => side % divisor === 0)) return result.data;
  throw new UsageError(
    `The auto-encoder's volume (${volume.join(", ")}) must be a multiple of ${divisor} along each axis, with ${levels} levels. Give another --volume, or --set autoEncoder.levels.`,
  );
}
