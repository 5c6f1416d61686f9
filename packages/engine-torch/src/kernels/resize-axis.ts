// Where the places of a resized axis lie in the axis it was made of.

/** How an axis is resized. */
export interface Resizing {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** An image's resizing. */
export interface Resize extends Resizing {
  /** Height and width. */
  readonly size: [number, number];
}

/** The place nearest to each new one. */
export function nearestPlaces(from: number, to: number, resizing: Resizing): Int32Array {
  const [ratio, shift] = [ratioOf(from, to, resizing), resizing.halfPixelCenters ? 0.5 : 0];
  const round = resizing.alignCorners ? Math.round : Math.floor;
  return Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, round(ratio * (i + shift))));
}

/** The matrix of [to, from] whose rows choose the nearest places. */
export function nearestMatrix(from: number, to: number, resizing: Resizing): Float32Array {
  const matrix = new Float32Array(to * from);
  nearestPlaces(from, to, resizing).forEach((place, i) => {
    matrix[i * from + place] = 1;
  });
  return matrix;
}

/** The matrix of [to, from] that interpolates between neighbours, where corners lie on corners but pixels have no size. */
export function linearMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i += 1) {
    const place = (from / to) * i;
    const floor = Math.floor(place);
    const ceiling = Math.min(from - 1, Math.ceil(place));
    const [first, second] = [i * from + floor, i * from + ceiling];
    matrix[first] = 1 - (place - floor);
    matrix[second] = (matrix[second] ?? 0) + (place - floor);
  }
  return matrix;
}

function ratioOf(from: number, to: number, { alignCorners }: Resizing): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}
