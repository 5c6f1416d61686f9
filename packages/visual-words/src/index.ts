export { boxAround, placeIn, type VoxelBox } from "./box.ts";
export {
  type BorderOptions,
  type CoordinateOptions,
  coordinateRange,
  drawCoordinate,
} from "./coordinates.ts";
export { cutCube, HU_WINDOW, type HuWindow } from "./cube.ts";
export { type Cohort, type Cohorts, type DiscoveredWord, discoverWord } from "./discover-word.ts";
export { nearestPatients } from "./neighbours.ts";
export { resolutionBoxes, type ResolutionOptions } from "./resolutions.ts";
export { tissueShare } from "./tissue.ts";
export type { VisualWord, WordInstance, WordOptions } from "./word.ts";
