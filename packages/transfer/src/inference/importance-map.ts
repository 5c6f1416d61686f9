/** How much each voxel of a window counts where windows overlap. */
export type BlendMode = "constant" | "gaussian";

/** The least weight, so that voxels that only corners of windows cover do not vanish; MONAI's. */
const LEAST = 1e-3;

/**
 * MONAI's importance map of a window `[…sides]`: 1 everywhere (`constant`), or
 *
 * `w(i) = max(Π_a exp(−(i_a − (n_a − 1) / 2)² / (2 (σ n_a)²)), 1e-3)` (`gaussian`):
 *
 * one at the centre, the least weight raised to 1e-3 where it would be smaller (with σ = 1/8 an edge's middle has
 * e⁻⁸ ≈ 3e-4). Older releases of MONAI raised zeros to the smallest weight above 0 instead.
 *
 * @param sigmaScale - σ, as a share of each side.
 * @see `compute_importance_map`, https://github.com/Project-MONAI/MONAI/blob/dev/monai/data/utils.py, and "handle
 *   non-positive weights" in `…/monai/inferers/utils.py`
 */
export function importanceMap(
  sides: readonly number[],
  mode: BlendMode,
  sigmaScale: number,
): Float32Array {
  const size = sides.reduce((a, b) => a * b, 1);
  const map = new Float32Array(size).fill(1);
  if (mode === "constant") return map;
  let inner = size;
  for (const side of sides) {
    inner /= side;
    for (let i = 0; i < size; i += 1) {
      const from = (Math.floor(i / inner) % side) - (side - 1) / 2;
      map[i] = (map[i] as number) * Math.exp(-(from ** 2) / (2 * (sigmaScale * side) ** 2));
    }
  }
  for (let i = 0; i < size; i += 1) map[i] = Math.max(map[i] as number, LEAST);
  return map;
}
