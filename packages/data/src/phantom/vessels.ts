import type { Random } from "@dira/random";
import type { Anatomy } from "./anatomy.ts";
import { type Canvas, dab } from "./canvas.ts";

interface Branch {
  x: number;
  y: number;
  angle: number;
  radius: number;
  length: number;
  depth: number;
}

/** Grows the lungs' vessels from each hilum, thinner and paler towards the pleura. */
export function drawVessels(canvas: Canvas, a: Anatomy, random: Random): void {
  for (const side of [-1, 1]) {
    const trunks = 9;
    for (let i = 0; i < trunks; i += 1) {
      // 0: to the side, positive: down. The lower vessels are the fuller ones.
      const angle = -1.35 + (2.95 * (i + random.uniform(-0.35, 0.35))) / (trunks - 1);
      const down = Math.max(0, Math.sin(angle));
      grow(canvas, a, random, side, {
        x: 0.15 + random.uniform(-0.02, 0.03),
        y: (side < 0 ? -0.07 : -0.12) + 0.1 * Math.sin(angle),
        angle,
        radius: random.uniform(0.012, 0.019) * (0.85 + 0.45 * down),
        length: random.uniform(0.38, 0.6),
        depth: 0,
      });
    }
  }
}

function grow(canvas: Canvas, a: Anatomy, random: Random, side: number, start: Branch): void {
  const step = 1.2 / canvas.unit;
  const steps = Math.ceil(start.length / step);
  let bend = random.uniform(-1.2, 1.2);
  let { x, y, angle } = start;
  let next = random.uniform(0.05, 0.11);
  for (let i = 0; i < steps; i += 1) {
    const t = i / steps;
    const radius = start.radius * (1 - 0.72 * t);
    bend += random.uniform(-1, 1) * 9 * Math.sqrt(step) - bend * 3 * step;
    angle += bend * step;
    x += Math.cos(angle) * step;
    y += Math.sin(angle) * step;
    const [row, column] = canvas.at(side * x, y);
    dab(canvas, row, column, radius * canvas.unit, 4.6 * radius * a.markings);
    next -= step;
    if (next < 0 && start.depth < 3 && radius > 0.0028) {
      next = random.uniform(0.03, 0.09);
      const turn = random.uniform(0.4, 1.05) * (random.bernoulli(0.5) ? 1 : -1);
      grow(canvas, a, random, side, {
        x,
        y,
        angle: angle + turn,
        radius: radius * random.uniform(0.55, 0.8),
        length: start.length * (1 - t) * random.uniform(0.5, 0.85) + 0.03,
        depth: start.depth + 1,
      });
    }
  }
}
