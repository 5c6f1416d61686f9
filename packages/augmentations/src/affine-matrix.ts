/** Planes of rotation and shear, as pairs of axes: `[y x]`, then of volumes `[z x]` and `[z y]`. */
export function planesOf(rank: number): readonly (readonly [number, number])[] {
  const [y, x] = [rank - 2, rank - 1];
  return rank === 2
    ? [[y, x]]
    : [
        [y, x],
        [0, x],
        [0, y],
      ];
}

/** `rotations · shears · scales`, row by row; angles in degrees, one per plane. */
export function affineMatrix(
  rank: number,
  rotations: readonly number[],
  scales: readonly number[],
  shears: readonly number[],
): number[] {
  const planes = planesOf(rank);
  let matrix = identity(rank);
  rotations.forEach((degrees, plane) => {
    const [a, b] = planes[plane] as readonly [number, number];
    matrix = product(rank, matrix, rotation(rank, a, b, degrees));
  });
  shears.forEach((degrees, plane) => {
    const [a, b] = planes[plane] as readonly [number, number];
    const sheared = identity(rank);
    sheared[b * rank + a] = Math.tan((degrees * Math.PI) / 180);
    matrix = product(rank, matrix, sheared);
  });
  return matrix.map((value, i) => value * (scales[i % rank] as number) + 0);
}

/** Counter-clockwise as seen with axis a downwards and axis b to the right. */
function rotation(rank: number, a: number, b: number, degrees: number): number[] {
  const angle = (degrees * Math.PI) / 180;
  const matrix = identity(rank);
  matrix[a * rank + a] = Math.cos(angle);
  matrix[b * rank + b] = Math.cos(angle);
  matrix[a * rank + b] = -Math.sin(angle);
  matrix[b * rank + a] = Math.sin(angle);
  return matrix;
}

function identity(rank: number): number[] {
  return Array.from({ length: rank * rank }, (_, i) => Number(i % (rank + 1) === 0));
}

function product(rank: number, left: readonly number[], right: readonly number[]): number[] {
  return left.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < rank; k += 1) {
      sum += (left[i - (i % rank) + k] as number) * (right[k * rank + (i % rank)] as number);
    }
    return sum;
  });
}
