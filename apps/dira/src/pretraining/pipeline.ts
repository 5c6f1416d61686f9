import type { ImageCache, ModuleCall } from "@dira/data";
import { type Config, sidesOf, type Stage } from "../config/index.ts";
import { rangeOf, type VolumesConfig } from "../config/volumes.ts";

/** Layouts whose volumes are cubes, to be taken as they are. */
const CUBES: readonly (string | undefined)[] = ["visual-words", "npy-cubes"];

/**
 * Two views of a volume are crops of a patch with in-plane sides of 5/4 of theirs, by 0.39 to 1 of its area: sides of
 * 50/64 to 80/64 of the view's, as TransVW's resolutions.
 */
const ROOM = 5 / 4;
const SCALE = [0.39, 1] as const;

/** Whether patches are cut from a set's volumes. */
export function cutsPatches({ set }: Pick<ImageCache, "set">): boolean {
  return set.spatialRank === 3 && !CUBES.includes(set.layout);
}

/** What makes the views of a stage's images. */
export function pipelineOf(config: Config, stage: Stage, cache: ImageCache): ModuleCall {
  const transform = transformOf(config, stage);
  if (config.spatialRank === 2) return transform;
  const patch =
    config.volumes !== null && cutsPatches(cache) ? patchOf(config, config.volumes) : {};
  return { module: "@dira/data", name: "samplePipeline", args: [transform, patch] };
}

/** DiRA's stage D alone has no distortions, there being nothing to restore; TransVW's has. */
function transformOf(config: Config, stage: Stage): ModuleCall {
  const { kind, ...options } = config.transform;
  if (kind === "transvw") return { name: "transVwPair", args: [options] };
  if (kind === "models-genesis") return { name: "modelsGenesisPair", args: [options] };
  const { size, spatialRank } = config;
  const inVolumes = spatialRank === 3 ? { scale: SCALE, distortion: "transvw" } : {};
  return { name: "diraViews", args: [{ ...options, size, distort: stage !== "d", ...inVolumes }] };
}

/** Sides of the patches that are cut from volumes. */
export function patchSidesOf(config: Config): readonly number[] {
  const room = config.transform.kind === "dira" ? ROOM : 1;
  return sidesOf(config).map((side, axis) => (axis === 0 ? side : Math.round(side * room)));
}

/** Patches of prepared volumes, whose values are shares. */
function patchOf(config: Config, { window, tissue }: VolumesConfig): { readonly patch: object } {
  const size = patchSidesOf(config);
  if (tissue === null) return { patch: { size } };
  const [low, high] = rangeOf(window);
  const above = (tissue.from - low) / (high - low);
  return { patch: { size, above, tissue: tissue.share } };
}
