import type { VoxelBox } from "./box.ts";

/** One patient's cubes of a word. */
export interface WordInstance {
  readonly patient: string;
  /** Voxels of the patient's volume, `[z, y, x]`. */
  readonly shape: readonly number[];
  /** mm per voxel of the volume, where known. */
  readonly spacing?: readonly number[];
  /** World position in mm of its first voxel's centre, where known. */
  readonly origin?: readonly number[];
  /** Along which its axes run in the world, where known. */
  readonly direction?: readonly (readonly number[])[];
  /** Where each resolution's cube was cut; the first one is the cube itself. */
  readonly boxes: readonly VoxelBox[];
}

/** A visual word: where it is, and in whom. Its number is the pseudo-label. */
export interface VisualWord {
  readonly word: number;
  /** The patient in whom it was chosen. */
  readonly reference: string;
  /** Where, in voxels of the reference's volume, `[z, y, x]`. */
  readonly coordinate: readonly number[];
  /** Voxels of the reference's volume. */
  readonly shape: readonly number[];
  /** In the order of the arrays' cubes: nearest patients first. */
  readonly train: readonly WordInstance[];
  /** Of held-out patients. */
  readonly val: readonly WordInstance[];
}

/** What decides the words besides the patients and their features. */
export interface WordOptions {
  readonly seed: number;
  /** Voxels of the cubes, `[z, y, x]`. DiRA's and TransVW's are `[32, 64, 64]`. */
  readonly cube: readonly number[];
  /** Training patients of each word, at most. TransVW's are 200. */
  readonly neighbours: number;
  /** Held-out patients of each word, at most. TransVW's are 30. */
  readonly heldNeighbours: number;
  /** Cubes of each training patient and word, each at another resolution. @defaultValue 3 (TransVW) */
  readonly resolutions?: number;
  /** Hounsfield units that become 0 and 1. @defaultValue [-1000, 1000] (TransVW) */
  readonly window?: readonly [low: number, high: number];
  /** Least distance between words, in voxels of the reference. @defaultValue 5 (TransVW) */
  readonly spacing?: number;
  /** Largest borders, in voxels. @defaultValue [30, 100, 100] (TransVW) */
  readonly borderVoxels?: readonly number[];
  /** Largest borders, as shares of the sides. @defaultValue what those are of a usual chest CT */
  readonly borderShare?: readonly number[];
  /**
   * Least and largest share of a cube that is tissue. @defaultValue [0, 0.15]: cubes of lung, as the released code of
   * Models Genesis and TransVW keeps them; [0.15, 1] leaves out air
   */
  readonly tissue?: readonly number[];
  /** Hounsfield units from which on it is. @defaultValue -150 (TransVW) */
  readonly tissueFrom?: number;
}
