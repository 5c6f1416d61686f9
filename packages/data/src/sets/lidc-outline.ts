import type { LidcContour } from "./lidc-xml.ts";

/** An outline without its slice. */
export type LidcOutline = Pick<LidcContour, "inclusion" | "points">;

type Point = readonly [x: number, y: number];

/** Towards the outside from a pixel's top, right, bottom and left edge. */
const SIDES: readonly Point[] = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
];

/** An edge between a pixel inside and one outside. */
interface Edge {
  readonly x: number;
  readonly y: number;
  /** Number in {@link SIDES}. */
  readonly side: number;
}

/**
 * The outlines of a mask of one slice as LIDC-IDRI's readers drew them: along the first pixels outside of each part that
 * hangs together by pixels' sides, clockwise, and one with `inclusion` false along the first pixels outside of each hole.
 * Points are neighbours, corners included; beside the image's border they lie outside of it.
 *
 * Reading them gives the mask again, but for a part within another's hole, for which the format has no word: it is
 * lost.
 *
 * @param mask - all but 0 is inside.
 * @param shape - `[height, width]`
 * @see Armato et al. 2011, https://doi.org/10.1118/1.3528204
 */
export function lidcOutlines(
  mask: ArrayLike<number>,
  [height, width]: readonly [number, number],
): LidcOutline[] {
  const isIn = (x: number, y: number): boolean =>
    x >= 0 && x < width && y >= 0 && y < height && mask[y * width + x] !== 0;
  const visited = new Set<number>();
  const outlines: LidcOutline[] = [];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      // Every loop of edges has a pixel's top among them.
      if (!isIn(x, y) || isIn(x, y - 1) || visited.has(y * width + x)) continue;
      const loop = follow({ x, y, side: 0 }, isIn);
      for (const edge of loop) if (edge.side === 0) visited.add(edge.y * width + edge.x);
      outlines.push(outlineOf(loop));
    }
  }
  return outlines;
}

/** All edges of a loop, with the inside on the right hand. */
function follow(start: Edge, isIn: (x: number, y: number) => boolean): Edge[] {
  const loop: Edge[] = [];
  let edge = start;
  do {
    loop.push(edge);
    const { x, y, side } = edge;
    const [outX, outY] = SIDES[side] as Point;
    const [alongX, alongY] = SIDES[(side + 1) % 4] as Point;
    const [nextX, nextY] = [x + alongX, y + alongY];
    if (!isIn(nextX, nextY)) edge = { x, y, side: (side + 1) % 4 };
    else if (!isIn(nextX + outX, nextY + outY)) edge = { x: nextX, y: nextY, side };
    else edge = { x: nextX + outX, y: nextY + outY, side: (side + 3) % 4 };
  } while (edge.x !== start.x || edge.y !== start.y || edge.side !== start.side);
  return loop;
}

/** The pixels along a loop that are outside of the part, or of the hole that it runs around. */
function outlineOf(loop: readonly Edge[]): LidcOutline {
  // Area by Green's theorem: −∮ y dx, above 0 where the loop runs clockwise, around a part.
  const area = loop.reduce(
    (sum, { y, side }) => sum + (side === 0 ? -y : side === 2 ? y + 1 : 0),
    0,
  );
  const inclusion = area > 0;
  const pixels = loop.map(({ x, y, side }): Point => {
    const [outX, outY] = SIDES[side] as Point;
    return inclusion ? [x + outX, y + outY] : [x, y];
  });
  const points = pixels.filter(([x, y], i) => {
    const [beforeX, beforeY] = pixels.at(i - 1) as Point;
    return x !== beforeX || y !== beforeY;
  });
  return { inclusion, points };
}
