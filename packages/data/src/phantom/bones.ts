import type { Anatomy } from "./anatomy.ts";
import { band, bump, type Canvas, dab, smooth } from "./canvas.ts";
import { outerAt } from "./lungs.ts";

/** Adds ribs, clavicles, shoulder blades, upper arms and the spine. */
export function drawBones(canvas: Canvas, a: Anatomy): void {
  for (let rib = 0; rib < 11; rib += 1) for (const side of [-1, 1]) drawRib(canvas, a, rib, side);
  for (const side of [-1, 1]) {
    drawClavicle(canvas, a, side);
    drawShoulder(canvas, a, side);
  }
  drawSpine(canvas, a);
}

/**
 * A rib is an ellipse in a plane that falls to the front: by the angle θ from the spine,
 * `x = w sin θ`, `y = y₀ + drop (1 − cos θ) / 2`. Behind (θ < 90°) it is narrow and dense, in front
 * wide and faint, until it ends in cartilage.
 */
function drawRib(canvas: Canvas, a: Anatomy, rib: number, side: number): void {
  const root = a.apex - 0.02 + rib * a.ribSpacing;
  const drop = a.ribDrop * (0.5 + 0.5 * smooth(0, 4, rib));
  const width = Math.max(0.26, outerAt(a, root + 0.45 * drop) + 0.015);
  const end = rib > 8 ? 1.75 : 2.2 + 0.35 * smooth(6, 0, rib);
  const steps = Math.ceil(2.2 * width * canvas.unit * end);
  let last = NaN;
  for (let i = 0; i <= steps; i += 1) {
    const angle = 0.1 + (end - 0.1) * (i / steps);
    const x = width * Math.sin(angle);
    const y =
      root + (drop * (1 - Math.cos(angle))) / 2 - 0.035 * Math.sin(2 * Math.min(angle, 1.57));
    const [row, column] = canvas.at(side * x, y);
    if (Math.round(column) === last) continue;
    last = Math.round(column);
    const front = smooth(1.2, 1.9, angle);
    const slope = Math.min(
      3.2,
      Math.hypot(1, (0.5 * drop * Math.sin(angle)) / (width * Math.abs(Math.cos(angle)) + 0.04)),
    );
    const fade = smooth(0.055, 0.1, x) * (1 - smooth(end - 0.35, end, angle));
    const dense = 0.115 - 0.065 * front + 0.035 * bump(angle - 1.57, 0.3);
    const half = (0.025 + 0.007 * front) * canvas.unit * slope;
    band(canvas, row, column, half, a.bone * dense * fade);
  }
}

function drawClavicle(canvas: Canvas, a: Anatomy, side: number): void {
  const tilt = a.clavicles[side < 0 ? 0 : 1] as number;
  const steps = Math.ceil(0.66 * canvas.unit);
  for (let i = 0; i <= steps; i += 1) {
    const t = i / steps;
    const x = 0.055 + 0.66 * t;
    const y = -0.6 - (0.15 + tilt) * t + 0.045 * Math.sin(6 * t) * (0.4 + t);
    const [row, column] = canvas.at(side * x, y);
    const half = (0.028 + 0.012 * bump(t, 0.15) + 0.008 * bump(t - 1, 0.2)) * canvas.unit;
    band(canvas, row, column, half, 0.17 * a.bone * smooth(0, 0.05, t) * (1 - smooth(0.88, 1, t)));
  }
}

type Points = readonly (readonly [number, number])[];

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
    const placed = points.map(([x, y]) => [side * (shift + x), y] as const);
    drawStroke(canvas, placed, radius, thickness * a.bone);
  }
}

function drawStroke(canvas: Canvas, points: Points, radius: number, thickness: number): void {
  for (let p = 1; p < points.length; p += 1) {
    const [x0, y0] = points[p - 1] as readonly [number, number];
    const [x1, y1] = points[p] as readonly [number, number];
    const steps = Math.ceil(Math.hypot(x1 - x0, y1 - y0) * canvas.unit);
    for (let i = 0; i < steps; i += 1) {
      const t = i / steps;
      const [row, column] = canvas.at(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t);
      dab(canvas, row, column, radius * canvas.unit, thickness);
    }
  }
}

/** Vertebral bodies with discs between, pedicles beside and spinous processes before them. */
function drawSpine(canvas: Canvas, a: Anatomy): void {
  const { data, size, unit } = canvas;
  const pitch = a.ribSpacing * 0.98;
  for (let row = 0; row < size; row += 1) {
    const y = canvas.y(row);
    const half = 0.062 + 0.022 * smooth(-0.7, 0.8, y);
    const phase = (((y + 2) / pitch) % 1) - 0.5;
    const body =
      1 - 0.4 * bump(Math.abs(phase) - 0.5, 0.09) + 0.16 * bump(Math.abs(phase) - 0.38, 0.06);
    const waist = half * (1 - 0.1 * bump(phase, 0.25));
    const [, center] = canvas.at(0, y);
    const reach = (waist + 0.06) * unit;
    for (
      let x = Math.max(0, Math.ceil(center - reach));
      x < Math.min(size, center + reach);
      x += 1
    ) {
      const away = Math.abs(x - center) / unit;
      const bone =
        (1 - smooth(waist - 0.012, waist + 0.012, away)) *
        body *
        (0.85 + 0.3 * bump(away - waist, 0.02));
      const pedicle =
        0.5 * bump(Math.hypot(away - half * 0.66, (phase + 0.15) * pitch * 0.8), 0.017);
      const spinous = 0.35 * bump(away, 0.014) * bump(phase - 0.2, 0.2);
      const transverse =
        0.25 * (1 - smooth(waist + 0.02, waist + 0.06, away)) * bump(phase + 0.2, 0.13);
      const at = row * size + x;
      data[at] = (data[at] as number) + 0.13 * a.bone * (bone + pedicle + spinous + transverse);
    }
  }
}
