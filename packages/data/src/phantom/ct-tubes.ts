import { cageAt, type CtAnatomy, inLung } from "./ct-anatomy.ts";
import { type Branch, growTree, type Point } from "./tree.ts";

/** Segments of tubes along points. */
function tubeAlong(points: readonly Point[], radius: number | readonly number[]): number[] {
  return points.slice(1).flatMap((to, i) => {
    const from = points[i] as Point;
    return [...from, ...to, typeof radius === "number" ? radius : (radius[i] as number)];
  });
}

/** Ribs, breastbone, shoulder blades, vertebrae. */
export function bonesOf(a: CtAnatomy): number[] {
  const bones: number[] = [];
  for (let rib = 0; rib < 11; rib += 1) {
    for (const side of [-1, 1]) bones.push(...tubeAlong(ribOf(a, rib, side), 4));
  }
  const front = -a.cage[1];
  bones.push(
    ...tubeAlong(
      [
        [0, front * 0.72, 95],
        [0, front * 0.98, 45],
        [0, front - 5, -70],
      ],
      8,
    ),
  );
  for (const side of [-1, 1]) {
    const [x, y] = [side * (a.cage[0] - 34), a.cage[1] + 8];
    bones.push(
      ...tubeAlong(
        [
          [x, y, -10],
          [x + side * 12, y - 8, 60],
          [x + side * 40, y - 40, 105],
        ],
        5,
      ),
    );
    bones.push(
      ...tubeAlong(
        [
          [side * 12, front * 0.7, 98],
          [side * 120, front * 0.2, 122],
        ],
        6,
      ),
    );
  }
  for (let v = -12; v < 9; v += 1) {
    const z = 24 * v;
    for (const y of [a.spine - 6, a.spine + 3]) bones.push(-7, y, z, 7, y, z, 11);
    bones.push(0, a.spine + 30, z - 6, 0, a.spine + 38, z - 12, 4);
    for (const side of [-1, 1]) {
      bones.push(side * 13, a.spine + 12, z, side * 34, a.spine + 24, z + 3, 4.5);
    }
  }
  return bones;
}

/** A rib falls from the spine to the front along the rib cage. */
function ribOf(a: CtAnatomy, rib: number, side: number): Point[] {
  const root = a.apex - 6 - 24 * rib;
  const drop = rib < 3 ? 30 + 12 * rib : 66;
  const end = rib > 8 ? 1.6 : 2.5;
  return Array.from({ length: 26 }, (_, i) => {
    const angle = 0.16 + (end - 0.16) * (i / 25);
    const [s, c] = [Math.sin(angle), Math.cos(angle)];
    const z = root - (drop * (1 - c)) / 2;
    const size = Math.max(0.3, cageAt(a, z));
    const r = 1 / Math.sqrt(Math.sqrt(s ** 4 + c ** 4 + 1.55 * s * s * c * c));
    return [side * (a.cage[0] * size * r * s + 5), (a.cage[1] * size + 5) * r * c, z];
  });
}

/** Aorta: up from the heart, over the arch, down beside the spine. */
export function aortaOf(a: CtAnatomy): number[] {
  const [, hy, hz] = a.heart;
  const back = a.spine - 12;
  return tubeAlong(
    [
      [2, hy + 8, hz + 20],
      [-12, hy, hz + 50],
      [-8, -14, 22],
      [4, 0, 34],
      [16, back - 26, 28],
      [22, back - 6, 8],
      [22, back, -60],
      [16, back, -140],
      [10, back, -260],
    ],
    [14, 14, 13.5, 13, 12.5, 12, 11.5, 11],
  );
}

/** Windpipe and main bronchi, in and out of the lungs. */
export function airwaysOf(a: CtAnatomy, uniform: () => number): number[] {
  const windpipe = tubeAlong(
    [
      [0, -4, 170],
      [0, 2, 60],
      [0, 4, 2],
    ],
    8.5,
  );
  const bronchi = [-1, 1].flatMap((side) => {
    const end: Point = [side * 36, 8, side < 0 ? -16 : -12];
    const roots: Branch[] = [-1, 0, 1].map((down) => ({
      point: end,
      direction: [side * (0.75 - 0.25 * Math.abs(down)), 0.25, -0.65 * down - 0.15],
      radius: 4.6,
      length: 62,
    }));
    const options = { uniform, spatialRank: 3, unit: 140, step: 0.05, generations: 2 } as const;
    const inside = inLung(a, -14);
    return [
      ...tubeAlong([[0, 4, 2], end], 6.6),
      ...growTree(roots, { ...options, thinnest: 0.012, spacing: [0.12, 0.25], inside }),
    ];
  });
  return [...windpipe, ...bronchi];
}

/** The lungs' vessels: the great ones first, then the tree of each lung. */
export function lungVesselsOf(a: CtAnatomy, uniform: () => number): number[] {
  const great = tubeAlong(
    [
      [12, a.heart[1], a.heart[2] + 40],
      [10, -16, 8],
    ],
    13,
  );
  const main = [-1, 1].flatMap((side) =>
    tubeAlong(
      [
        [10, -16, 8],
        [side * 14 + 4, -6, 4],
        [side * 38, 4, -4],
      ],
      [11, 9],
    ),
  );
  return [...great, ...main, ...treesOf(a, uniform)];
}

function treesOf(a: CtAnatomy, uniform: () => number): Float32Array {
  const roots: Branch[] = [];
  for (const side of [-1, 1]) {
    for (let i = 0; i < 20; i += 1) {
      // Evenly over a half sphere to the side, by the golden angle.
      const z = -1 + (2 * (i + 0.5)) / 20;
      const turn = 2.4 * i + 0.5 * uniform();
      const flat = Math.sqrt(1 - z * z);
      const [x, y] = [Math.abs(Math.cos(turn)) * flat + 0.25, Math.sin(turn) * flat];
      const length = Math.hypot(x, y, z);
      roots.push({
        point: [side * 36, 4 + 4 * y, -8 + 14 * z],
        direction: [(side * x) / length, y / length, z / length],
        radius: 3 + 1.6 * uniform(),
        length: 100 + 60 * uniform(),
      });
    }
  }
  const options = { uniform, spatialRank: 3, unit: 140, step: 0.04, thinnest: 0.0065 } as const;
  return growTree(roots, { ...options, spacing: [0.07, 0.16], inside: inLung(a, -12) });
}

/** Vessels of the liver. */
export function liverVesselsOf(
  a: CtAnatomy,
  uniform: () => number,
  inside: (x: number, y: number, z: number) => boolean,
): Float32Array {
  const z = a.domes[0] - 70;
  const roots = Array.from({ length: 7 }, (_, i): Branch => {
    const turn = (2 * Math.PI * (i + 0.6 * uniform())) / 7;
    const lift = 1.2 * uniform() - 0.4;
    const length = Math.hypot(1, lift);
    return {
      point: [-26, -4, z],
      direction: [Math.cos(turn) / length, Math.sin(turn) / length, lift / length],
      radius: 3.6,
      length: 80,
    };
  });
  const options = { uniform, spatialRank: 3, unit: 140, step: 0.04, thinnest: 0.009 } as const;
  return growTree(roots, { ...options, generations: 2, spacing: [0.1, 0.2], inside });
}
