import type { Random } from "@dira/random";
import type { Anatomy } from "./anatomy.ts";
import { type Canvas, dab } from "./canvas.ts";
import { quickUniform } from "./noise.ts";
import { type Branch, growTree, SEGMENT } from "./tree.ts";

/** Draws the lungs' vessels from each hilum, thinner and paler towards the pleura. */
export function drawVessels(canvas: Canvas, a: Anatomy, random: Random): void {
  const uniform = quickUniform(random);
  const roots = [-1, 1].flatMap((side) =>
    Array.from({ length: 9 }, (_, i) => rootOf(side, i, uniform)),
  );
  const segments = growTree(roots, { uniform, spatialRank: 2, unit: 1 });
  const { unit } = canvas;
  for (let s = 0; s < segments.length; s += SEGMENT) {
    const [y0, y1] = [segments[s + 1] as number, segments[s + 4] as number];
    const radius = segments[s + 6] as number;
    const [r0, c0] = [canvas.row(y0), canvas.column(segments[s] as number, y0)];
    const [r1, c1] = [canvas.row(y1), canvas.column(segments[s + 3] as number, y1)];
    const length = Math.max(Math.abs(r1 - r0), Math.abs(c1 - c0));
    const dabs = Math.max(1, Math.round(length / 1.2));
    const thickness = (4.6 * radius * a.markings * length) / 1.2 / dabs;
    for (let i = 0; i < dabs; i += 1) {
      const t = i / dabs;
      dab(canvas, r0 + (r1 - r0) * t, c0 + (c1 - c0) * t, radius * unit, thickness);
    }
  }
}

function rootOf(side: number, i: number, uniform: () => number): Branch {
  // 0: to the side, positive: down. The lower vessels are the fuller ones.
  const angle = -1.35 + (2.95 * (i + 0.7 * uniform() - 0.35)) / 8;
  const down = Math.max(0, Math.sin(angle));
  return {
    point: [
      side * (0.13 + 0.05 * uniform()),
      (side < 0 ? -0.07 : -0.12) + 0.1 * Math.sin(angle),
      0,
    ],
    direction: [side * Math.cos(angle), Math.sin(angle), 0],
    radius: (0.012 + 0.007 * uniform()) * (0.85 + 0.45 * down),
    length: 0.38 + 0.22 * uniform(),
  };
}
