import { maskOf, spacingOf, stridesOf, type VoxelMap } from "./voxel-map.ts";

/**
 * Exact Euclidean distance transform: how far each voxel's centre is from that of the nearest foreground
 * voxel, `D(p) = min_q √(Σ_a (spacing_a (p_a − q_a))²)`, in time linear in the number of voxels. Any rank. As
 * `scipy.ndimage.distance_transform_edt(mask == 0, sampling=spacing)`.
 *
 * @param mask - of 0 and 1; without spacing, distances are in voxels.
 * @returns mm, in float64; Infinity everywhere when no voxel is foreground, where SciPy's numbers mean nothing.
 * @throws DiraError for other values, or a shape or spacing that does not fit.
 * @see Felzenszwalb and Huttenlocher 2012, https://doi.org/10.4086/toc.2012.v008a019
 */
export function distanceTransform(mask: VoxelMap): Float64Array {
  const foreground = maskOf("distanceTransform", mask);
  const spacing = spacingOf("distanceTransform", mask);
  return squaredDistances(foreground, mask.shape, spacing).map(Math.sqrt);
}

/** The square of {@link distanceTransform}, in mm², one axis after the other. */
export function squaredDistances(
  mask: Uint8Array,
  shape: readonly number[],
  spacing: readonly number[],
): Float64Array {
  const distances = Float64Array.from(mask, (value) => (value === 1 ? 0 : Infinity));
  const strides = stridesOf(shape);
  shape.forEach((length, axis) => {
    const envelope = new LowerEnvelope(length, spacing[axis] as number);
    const stride = strides[axis] as number;
    for (let start = 0; start < distances.length; start += length * stride) {
      for (let line = start; line < start + stride; line += 1) {
        envelope.transform(distances, line, stride);
      }
    }
  });
  return distances;
}

/** The lower envelope of the parabolas `f(v) + (x − v)²` along one line. */
class LowerEnvelope {
  private readonly values: Float64Array;
  /** Whose parabola is lowest, in the order of the line, and from where on. */
  private readonly lowest: Int32Array;
  private readonly from: Float64Array;
  private readonly spacing: number;

  constructor(length: number, spacing: number) {
    this.values = new Float64Array(length);
    this.lowest = new Int32Array(length);
    this.from = new Float64Array(length);
    this.spacing = spacing;
  }

  /** Replaces the values of a line by the envelope's. */
  transform(data: Float64Array, start: number, stride: number): void {
    const { values, lowest, from, spacing } = this;
    const length = values.length;
    for (let i = 0; i < length; i += 1) values[i] = data[start + i * stride] as number;
    const last = this.build();
    if (last < 0) return;
    for (let i = 0, k = 0; i < length; i += 1) {
      while (k < last && (from[k + 1] as number) < i * spacing) k += 1;
      const v = lowest[k] as number;
      data[start + i * stride] = ((i - v) * spacing) ** 2 + (values[v] as number);
    }
  }

  /** The number of the last parabola in the envelope; −1 where there is none. */
  private build(): number {
    const { values, lowest, from, spacing } = this;
    let last = -1;
    for (let i = 0; i < values.length; i += 1) {
      if (values[i] === Infinity) continue;
      let meets = -Infinity;
      while (last >= 0) {
        meets = this.intersection(lowest[last] as number, i, spacing);
        if (meets > (from[last] as number)) break;
        last -= 1;
      }
      last += 1;
      lowest[last] = i;
      from[last] = last === 0 ? -Infinity : meets;
    }
    return last;
  }

  /** Where, in mm, the parabolas of v and of a later w meet. */
  private intersection(v: number, w: number, spacing: number): number {
    const rise = (this.values[w] as number) - (this.values[v] as number);
    return ((v + w) * spacing) / 2 + rise / (2 * (w - v) * spacing);
  }
}
