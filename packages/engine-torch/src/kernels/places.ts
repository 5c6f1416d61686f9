// Images read at any places.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { SCALAR } from "../scalar-types.ts";

/** How a place between pixels is read. */
export type Interpolation = "nearest" | "bilinear";

/** Images, and where to read them. */
export interface Places {
  /** [N, H, W, C]. */
  readonly image: Slot;
  readonly height: number;
  readonly width: number;
  /** Which image, whole numbers that broadcast to the places. */
  readonly batch: Slot;
  /** Rows and columns, that broadcast to each other: [N', H', W']. */
  readonly y: Slot;
  readonly x: Slot;
  /** What is read outside of an image, a number or one for each channel. */
  readonly fill: Slot;
}

const add = aten("add.Tensor");
const addScalar = aten("add.Scalar");
const and = aten("logical_and");
const clamp = aten("clamp");
const floor = aten("floor");
const ge = aten("ge.Scalar");
const index = aten("index.Tensor");
const le = aten("le.Scalar");
const mul = aten("mul.Tensor");
const sub = aten("sub.Tensor");
const to = aten("to.dtype");
const unsqueeze = aten("unsqueeze");
const where = aten("where.self");

/** What is at the places: [N', H', W', C]. */
export function sample(places: Places, interpolation: Interpolation): Slot {
  return interpolation === "nearest" ? sampleNearest(places) : sampleBilinear(places);
}

/** Whether places are within an axis's first and last pixel. */
export function isWithin(place: Slot, size: number): Slot {
  return and(ge(place, 0), le(place, size - 1));
}

/** To the nearest whole number, as JavaScript does: halves up. */
function round(place: Slot): Slot {
  return floor(addScalar(place, 0.5));
}

function sampleNearest(places: Places): Slot {
  return read({ ...places, y: round(places.y), x: round(places.x) });
}

function sampleBilinear(places: Places): Slot {
  const [top, left] = [floor(places.y), floor(places.x)];
  const [down, across] = [sub(places.y, top), sub(places.x, left)].map((part) =>
    unsqueeze(part, -1),
  ) as [Slot, Slot];
  const row = (y: Slot): Slot => {
    const first = read({ ...places, y, x: left });
    const second = read({ ...places, y, x: addScalar(left, 1) });
    return mix(first, second, across);
  };
  return mix(row(top), row(addScalar(top, 1)), down);
}

/** a + (b − a) · part. */
function mix(a: Slot, b: Slot, part: Slot): Slot {
  return add(a, mul(sub(b, a), part));
}

/** What is at whole places. */
function read({ image, height, width, batch, y, x, fill }: Places): Slot {
  const values = index(image, [batch, position(y, height), position(x, width)]);
  const inside = unsqueeze(and(isWithin(y, height), isWithin(x, width)), -1);
  return where(inside, values, fill);
}

/** An index, which for a place outside is one inside. */
function position(place: Slot, size: number): Slot {
  return to(clamp(place, 0, size - 1), SCALAR.int64);
}
