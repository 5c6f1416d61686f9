import type { Anatomy } from "./anatomy.ts";
import { band, type Canvas, type Points, stroke } from "./canvas.ts";
import { bump, lookUp, smooth, tabulate } from "./curves.ts";
import { outerAt } from "./lungs.ts";

/** Adds ribs, clavicles, shoulder blades, upper arms and the spine. */
export function drawBones(canvas: Canvas, a: Anatomy): void {
  for (let rib = 0; rib < 11; rib += 1) drawRib(canvas, a, rib);
  for (const side of [-1, 1]) {
    drawClavicle(canvas, a, side);
    drawShoulder(canvas, a, side);
  }
  drawSpine(canvas, a);
}

/**
 * A rib of both sides: an ellipse in a plane that falls to the front: by the angle θ from the spine,
 * `x = w sin θ`, `y = y₀ + drop (1 − cos θ) / 2`. Behind (θ < 90°) it is narrow and dense, in front
 * wide and faint, until it ends in cartilage.
 */
function drawRib(canvas: Canvas, a: Anatomy, rib: number): void {
  const root = a.apex - 0.02 + rib * a.ribSpacing;
  const drop = a.ribDrop * (0.5 + 0.5 * smooth(0, 4, rib));
  const width = Math.max(0.26, outerAt(a, root + 0.45 * drop) + 0.015);
  const end = rib > 8 ? 1.75 : 2.2 + 0.35 * smooth(6, 0, rib);
  const steps = Math.ceil(1.3 * width * canvas.unit * end);
  const last = [NaN, NaN];
  for (let i = 0; i <= steps; i += 1) {
    const angle = 0.1 + (end - 0.1) * (i / steps);
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    const x = width * sine;
    const y = root + (drop * (1 - cosine)) / 2 - (angle < 1.57 ? 0.07 * sine * cosine : 0);
    const front = smooth(1.2, 1.9, angle);
    const climb = (0.5 * drop * sine) / (width * Math.abs(cosine) + 0.04);
    const slope = Math.min(3.2, Math.sqrt(1 + climb * climb));
    const fade = smooth(0.055, 0.1, x) * (1 - smooth(end - 0.35, end, angle));
    const dense = 0.115 - 0.065 * front + 0.035 * bump(angle - 1.57, 0.3);
    const half = (0.025 + 0.007 * front) * canvas.unit * slope;
    for (let side = 0; side < 2; side += 1) {
      const column = Math.round(canvas.column(side === 0 ? -x : x, y));
      if (column === last[side]) continue;
      last[side] = column;
      band(canvas, canvas.row(y), column, half, a.bone * dense * fade);
    }
  }
}

function drawClavicle(canvas: Canvas, a: Anatomy, side: number): void {
  const tilt = a.clavicles[side < 0 ? 0 : 1] as number;
  const steps = Math.ceil(0.66 * canvas.unit);
  for (let i = 0; i <= steps; i += 1) {
    const t = i / steps;
    const x = side * (0.055 + 0.66 * t);
    const y = -0.6 - (0.15 + tilt) * t + 0.045 * Math.sin(6 * t) * (0.4 + t);
    const half = (0.028 + 0.012 * bump(t, 0.15) + 0.008 * bump(t - 1, 0.2)) * canvas.unit;
    const thickness = 0.17 * a.bone * smooth(0, 0.05, t) * (1 - smooth(0.88, 1, t));
    band(canvas, canvas.row(y), Math.round(canvas.column(x, y)), half, thickness);
  }
}

/** Shoulder blade (a thin plate with a dense border), its joint, and the upper arm. */
function drawShoulder(canvas: Canvas, a: Anatomy, side: number): void {
  const strength = a.scapulae;
  // prettier-ignore
  const strokes: readonly (readonly [Points, radius: number, thickness: number])[] = [
    [[[0.64, -0.78], [0.6, -0.55], [0.63, -0.3], [0.73, -0.06]], 0.02, 0.09 * strength],
    [[[0.73, -0.06], [0.79, -0.25], [0.84, -0.5]], 0.026, 0.13 * strength],
    [[[0.72, -0.72], [0.72, -0.5], [0.73, -0.28]], 0.1, 0.05 * strength],
    [[[0.62, -0.7], [0.86, -0.8]], 0.026, 0.1 * strength],
    [[[0.93, -0.66], [0.95, -0.62]], 0.115, 1],
    [[[0.96, -0.56], [1.02, -0.2], [1.08, 0.2]], 0.062, 0.26],
  ];
  const shift = a.portable ? -0.07 : 0.02;
  for (const [points, radius, thickness] of strokes) {
    const placed = points.map(
      ([x, y]) => [canvas.row(y), canvas.column(side * (shift + x), y)] as const,
    );
    stroke(canvas, placed, radius * canvas.unit, thickness * a.bone);
  }
}

/** Vertebral bodies with discs between, pedicles beside and spinous processes before them. */
function drawSpine(canvas: Canvas, a: Anatomy): void {
  const { data, size, unit } = canvas;
  const pitch = a.ribSpacing * 0.98;
  const spinous = tabulate(0, 0.06, 64, (away) => 0.35 * bump(away, 0.014));
  const round = tabulate(0, 0.06, 64, (d) => 0.5 * bump(d, 0.017));
  for (let row = 0; row < size; row += 1) {
    const y = canvas.y(row);
    const half = 0.062 + 0.022 * smooth(-0.7, 0.8, y);
    const phase = (((y + 4) / pitch) % 1) - 0.5;
    const body =
      1 - 0.4 * bump(Math.abs(phase) - 0.5, 0.09) + 0.16 * bump(Math.abs(phase) - 0.38, 0.06);
    const waist = half * (1 - 0.1 * bump(phase, 0.25));
    const process = bump(phase - 0.2, 0.2);
    const transverse = 0.25 * bump(phase + 0.2, 0.13);
    const lift = (phase + 0.15) * pitch * 0.8;
    const center = canvas.column(0, y);
    const last = Math.min(size - 1, Math.floor(center + (waist + 0.06) * unit));
    const first = Math.max(0, Math.ceil(center - (waist + 0.06) * unit));
    for (let x = first, at = row * size + first; x <= last; x += 1, at += 1) {
      const away = Math.abs(x - center) / unit;
      const edge = away - waist;
      const wall = 0.85 + 0.3 * Math.max(0, 1 - Math.abs(edge) / 0.035);
      const aside = away - half * 0.66;
      const bone =
        (1 - smooth(-0.012, 0.012, edge)) * body * wall +
        lookUp(round, Math.sqrt(aside * aside + lift * lift)) +
        lookUp(spinous, away) * process +
        transverse * (1 - smooth(0.02, 0.06, edge));
      data[at] = (data[at] as number) + 0.13 * a.bone * bone;
    }
  }
}
