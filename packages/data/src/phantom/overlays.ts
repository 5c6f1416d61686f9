import type { Random } from "@dira/random";
import type { Anatomy } from "./anatomy.ts";
import { type Canvas, dab, type Points, stroke } from "./canvas.ts";

const LETTERS: Readonly<Record<string, Points>> = {
  L: [
    [0, 0],
    [0, 1],
    [0.6, 1],
  ],
  R: [
    [0, 1],
    [0, 0],
    [0.5, 0],
    [0.6, 0.25],
    [0.5, 0.5],
    [0, 0.5],
    [0.6, 1],
  ],
};

/** What else is on a film: a side marker, and on portable ones leads and a catheter. */
export function drawOverlays(canvas: Canvas, a: Anatomy, random: Random): void {
  const { size } = canvas;
  const letter = random.bernoulli(0.5) ? "L" : "R";
  const height = size * random.uniform(0.028, 0.045);
  const left = letter === "L" ? random.uniform(0.84, 0.93) : random.uniform(0.05, 0.14);
  const top = random.uniform(0.03, 0.12);
  const points = (LETTERS[letter] as Points).map(
    ([x, y]) => [top * size + y * height, left * size + x * height] as const,
  );
  stroke(canvas, points, Math.max(0.8, size / 220), 1.5);
  if (!a.portable) return;
  for (let lead = random.integer(1, 4); lead > 0; lead -= 1) {
    const [x, y] = [random.uniform(-0.65, 0.65), random.uniform(-0.5, 0.3)];
    const [row, column] = [canvas.row(y), canvas.column(x, y)];
    dab(canvas, row, column, size * 0.012, 3);
    const end = [size * random.uniform(0.6, 1), x < 0 ? 0 : size] as const;
    stroke(canvas, arc([row, column], end, random), Math.max(0.6, size / 400), 0.16);
  }
  if (random.bernoulli(0.5)) {
    const path: Points = [
      [-0.5, -0.78],
      [-0.2, -0.62],
      [-0.09, -0.5],
      [-0.08, -0.2],
      [-0.07, -0.05],
    ];
    stroke(
      canvas,
      path.map(([x, y]) => [canvas.row(y), canvas.column(x, y)] as const),
      Math.max(0.6, size / 380),
      0.2,
    );
  }
}

function arc(
  from: readonly [number, number],
  to: readonly [number, number],
  random: Random,
): Points {
  const sag = random.uniform(-0.2, 0.35) * Math.abs(to[1] - from[1]);
  return Array.from({ length: 24 }, (_, i) => {
    const t = i / 23;
    const row = from[0] + (to[0] - from[0]) * t + sag * Math.sin(Math.PI * t);
    return [row, from[1] + (to[1] - from[1]) * t] as const;
  });
}
