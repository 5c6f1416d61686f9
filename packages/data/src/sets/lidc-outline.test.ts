import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lidcOutlines } from "./lidc-outline.ts";
import { fillContour } from "./lidc-xml.ts";

const SHAPE = [9, 11] as const;
const [HEIGHT, WIDTH] = SHAPE;

/** A mask as the reader of LIDC-IDRI fills outlines: holes when everything is filled. */
function filled(outlines: ReturnType<typeof lidcOutlines>): Uint8Array {
  const mask = new Uint8Array(HEIGHT * WIDTH);
  for (const inclusion of [true, false]) {
    for (const outline of outlines.filter((one) => one.inclusion === inclusion)) {
      fillContour(mask, SHAPE, outline.points, Number(inclusion));
    }
  }
  return mask;
}

const drawn = (rows: readonly string[]): Uint8Array =>
  Uint8Array.from(rows.join(""), (letter) => Number(letter === "#"));

/** Shares of 1 from few to nearly all. */
const noise = fc
  .tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.array(fc.nat(9), { minLength: HEIGHT * WIDTH, maxLength: HEIGHT * WIDTH }),
  )
  .map(([share, values]) => Uint8Array.from(values, (value) => Number(value < share)));

/** Any mask whose holes are filled, then some of its inner pixels taken out one by one. */
const masks = fc
  .tuple(noise, fc.array(fc.nat(HEIGHT * WIDTH - 1), { maxLength: 4 }))
  .map(([values, holes]) => {
    const mask = filled(lidcOutlines(values, SHAPE).filter(({ inclusion }) => inclusion));
    for (const at of holes) {
      const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => at + dy * WIDTH + dx));
      const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
      const inner = x > 0 && x < WIDTH - 1 && y > 0 && y < HEIGHT - 1;
      if (inner && around.every((place) => mask[place] === 1)) mask[at] = 0;
    }
    return mask;
  });

describe("lidcOutlines, laws", () => {
  it("reading the outlines of a mask gives the mask, also at the image's border", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        expect(filled(lidcOutlines(mask, SHAPE))).toEqual(mask);
      }),
      { numRuns: 500 },
    );
  });

  it("points are outside of what they run around, and each a neighbour of the next", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        for (const { inclusion, points } of lidcOutlines(mask, SHAPE)) {
          points.forEach(([x, y], i) => {
            const within = x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT;
            expect(within ? mask[y * WIDTH + x] : 0).toBe(Number(!inclusion));
            const [nextX, nextY] = points[(i + 1) % points.length] as (typeof points)[number];
            expect(Math.max(Math.abs(nextX - x), Math.abs(nextY - y))).toBe(1);
          });
        }
      }),
    );
  });
});

describe("lidcOutlines, examples", () => {
  it("one pixel has the four beside it, a ring two outlines, an empty mask none", () => {
    const one = new Uint8Array(HEIGHT * WIDTH);
    one[4 * WIDTH + 5] = 1;
    const [outline] = lidcOutlines(one, SHAPE);
    expect(outline).toEqual({
      inclusion: true,
      points: [
        [5, 3],
        [6, 4],
        [5, 5],
        [4, 4],
      ],
    });
    const ring = drawn([
      "...........",
      ".#########.",
      ".#.......#.",
      ".#.......#.",
      ".#.......#.",
      ".#########.",
      "...........",
      "...........",
      "...........",
    ]);
    expect(lidcOutlines(ring, SHAPE).map(({ inclusion }) => inclusion)).toEqual([true, false]);
    expect(filled(lidcOutlines(ring, SHAPE))).toEqual(ring);
    expect(lidcOutlines(new Uint8Array(HEIGHT * WIDTH), SHAPE)).toEqual([]);
  });

  it("what fills the whole image is outlined beside it", () => {
    const all = new Uint8Array(HEIGHT * WIDTH).fill(1);
    expect(filled(lidcOutlines(all, SHAPE))).toEqual(all);
  });

  it("a part within another's hole is lost, as documented", () => {
    const island = drawn([
      "#######....",
      "#.....#....",
      "#.....#....",
      "#..#..#....",
      "#.....#....",
      "#.....#....",
      "#######....",
      "...........",
      "...........",
    ]);
    const expected = Uint8Array.from(island);
    expected[3 * WIDTH + 3] = 0;
    expect(filled(lidcOutlines(island, SHAPE))).toEqual(expected);
  });
});
