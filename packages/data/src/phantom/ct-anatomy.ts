import type { Random } from "@dira/random";
import type { Point } from "./tree.ts";

/**
 * A patient in mm: x to the left, y to the back, z to the head; the origin lies in the middle of the
 * chest where the windpipe divides.
 */
export interface CtAnatomy {
  /** Half width and half depth of the rib cage's inside. */
  readonly cage: readonly [number, number];
  /** Thickness of muscle and of fat outside it. */
  readonly wall: number;
  readonly fat: number;
  /** z of the lungs' apex, and of the right and left dome of the diaphragm. */
  readonly apex: number;
  readonly domes: readonly [right: number, left: number];
  /** Centre and radii of the heart. */
  readonly heart: Point;
  readonly heartRadii: Point;
  readonly spine: number;
  /** Hounsfield units of lung, and of vessels with their contrast medium. */
  readonly lung: number;
  readonly blood: number;
  readonly liver: number;
  readonly bone: number;
  /** Standard deviation of the noise, in HU. */
  readonly noise: number;
}

/** Draws a patient, and how a study finds him: breath and scanner. */
export function drawCtAnatomy(patient: Random, study: Random, contrast: boolean): CtAnatomy {
  const u = (low: number, high: number): number => patient.uniform(low, high);
  const cage = [u(118, 142), u(78, 96)] as const;
  const breath = study.uniform(-12, 12);
  const right = u(-98, -80) + breath;
  const size = u(0.9, 1.15);
  return {
    cage,
    wall: u(14, 24),
    fat: u(6, 30),
    apex: u(112, 132),
    domes: [right, right - u(8, 18)],
    heart: [u(16, 28), -0.24 * cage[1], right + u(28, 36)],
    heartRadii: [58 * size, 46 * size, 52 * size],
    spine: 0.74 * cage[1],
    lung: u(-880, -820),
    blood: contrast ? study.uniform(230, 380) : 42,
    liver: (contrast ? 105 : 58) + u(-10, 10),
    bone: u(260, 480),
    noise: study.uniform(10, 24),
  };
}

/** How large the rib cage is at a height, 0 … 1. */
export function cageAt(a: CtAnatomy, z: number): number {
  const t = (z + 30) / (a.apex + 30);
  return t <= 0 ? 1 : t >= 1 ? 0 : (1 - t * t) ** 0.62;
}

/** Distance from the middle in units of the half axes, along rounded rectangles. */
export function rounded(u: number, v: number): number {
  const [a, b] = [u * u, v * v];
  return Math.sqrt(Math.sqrt(a * a + b * b + 1.55 * a * b));
}

/** z of the diaphragm at a place. */
export function diaphragmAt(a: CtAnatomy, x: number, y: number): number {
  const dx = x < 0 ? x + 58 : x - 62;
  const dy = y + 8;
  const side = x < 0 ? a.domes[0] : a.domes[1];
  return side - Math.min(64, 0.0075 * (dx * dx + 0.9 * dy * dy));
}

/** Signed distance to the heart's surface in mm, roughly; positive inside. */
export function heartDepth(a: CtAnatomy, x: number, y: number, z: number): number {
  const [cx, cy, cz] = a.heart;
  const [rx, ry, rz] = a.heartRadii;
  // Its axis points to the left, down and to the front.
  const [dx, dy, dz] = [x - cx, y - cy, z - cz];
  const u = (0.85 * dx - 0.35 * dz - 0.35 * dy) / rx;
  const v = (0.35 * dx + 0.93 * dy) / ry;
  const w = (0.35 * dx + 0.93 * dz) / rz;
  return (1 - Math.sqrt(u * u + v * v + w * w)) * 50;
}

/**
 * Signed distance to the lungs' surface in mm, roughly; positive inside: within the rib cage, above the
 * diaphragm, outside heart, spine and what lies between the lungs.
 *
 * @param size - {@link cageAt} of z.
 */
export function lungDepth(a: CtAnatomy, size: number, x: number, y: number, z: number): number {
  if (size === 0) return -20;
  const [half, deep] = a.cage;
  let depth = (1 - rounded(x / (half * size), y / (deep * size))) * 0.9 * deep * size;
  if (depth < -20) return depth;
  depth = Math.min(depth, 0.75 * (z - diaphragmAt(a, x, y)));
  // Great vessels and windpipe between the lungs; wider where they enter, thin in front and behind.
  const hilum = Math.exp(-((z + 5) * (z + 5)) / 900 - ((y - 2) * (y - 2)) / 700);
  const front = y < -0.55 * deep ? 0.45 * (-0.55 * deep - y) : 0;
  depth = Math.min(depth, Math.abs(x) - Math.max(5, 21 + 13 * hilum - front));
  const back = y - a.spine;
  depth = Math.min(depth, Math.sqrt(x * x + back * back) - 30);
  return Math.min(depth, -heartDepth(a, x, y, z) - 3);
}

/** Whether a place is in a lung, at least so many mm from its surface. */
export function inLung(a: CtAnatomy, margin: number): (x: number, y: number, z: number) => boolean {
  return (x, y, z) => lungDepth(a, cageAt(a, z), x, y, z) > margin;
}

/** Signed distance to the liver's surface in mm, roughly; positive inside. */
export function liverDepth(a: CtAnatomy, x: number, y: number, z: number): number {
  const [half, deep] = a.cage;
  const cage = (1 - rounded(x / half, y / deep)) * 0.9 * deep - 3;
  const dome = 0.75 * (diaphragmAt(a, x, y) - z) - 2;
  // A large right lobe, and a left one that tapers across the middle.
  const lower = a.domes[0] - 62;
  const body = ellipsoid(x + 58, y - 4, z - lower, 72, 78, 84);
  const tail = ellipsoid(x - 4, y + 30, z - lower - 22, 68, 36, 34);
  return Math.min(cage, dome, Math.max(body, tail));
}

function ellipsoid(x: number, y: number, z: number, rx: number, ry: number, rz: number): number {
  const [u, v, w] = [x / rx, y / ry, z / rz];
  return (1 - Math.sqrt(u * u + v * v + w * w)) * Math.min(rx, ry, rz);
}
