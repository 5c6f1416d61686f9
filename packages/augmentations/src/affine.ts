import type { Random } from "@dira/random";
import { affineMatrix, planesOf } from "./affine-matrix.ts";
import { type Border, BORDERS, borderCode } from "./border.ts";
import { DiraError } from "./errors.ts";
import { type IndexMap, invertMatrix, multiply } from "./geometry.ts";
import { type LineSource, sidesOfShape } from "./kernels/kernels.ts";
import * as rule from "./options.ts";
import { type Operation, type Sample, type Transform, ownTransformOf } from "./sample.ts";
import { drawFrom, type Span } from "./span.ts";
import { warped } from "./warp.ts";

/** One span for all axes or planes, or one (from and to) each. */
export type SpanPerAxis = Span | readonly (readonly [number, number])[];

/** Options of {@link affine}. */
export interface AffineOptions {
  /**
   * Degrees in the plane of height and width, counter-clockwise as seen with y down; or one span for each
   * plane: `[y x]`, `[z x]`, `[z y]`. @defaultValue 0
   */
  readonly rotation?: SpanPerAxis;
  /** Factor for all axes at once, above 0; or one per axis, in the order of the shape. @defaultValue [1, 1] */
  readonly scale?: readonly [number, number] | readonly (readonly [number, number])[];
  /**
   * Degrees by which lines along y lean towards x, short of 90; or one per plane, as with rotation.
   *
   * @defaultValue 0
   */
  readonly shear?: SpanPerAxis;
  /** In mm where the spacing is known, else pixels: for all axes, or one span per axis. @defaultValue 0 */
  readonly translation?: SpanPerAxis;
  /** @defaultValue "linear" */
  readonly interpolation?: "linear" | "nearest";
  /** @defaultValue "constant" */
  readonly border?: Border;
  /** The constant. @defaultValue 0; labels always get 0 */
  readonly value?: number;
}

/** `x ↦ matrix · x + translation` about the image's centre, in mm (pixels, where there is no spacing). */
type Affine = {
  readonly matrix: readonly number[];
  readonly translation: readonly number[];
  /** What a pixel measures along each axis. */
  readonly spacing: readonly number[];
  readonly interpolation: number;
  readonly border: number;
  readonly value: number;
};

/** One for all, or one for each plane or axis. */
function forEach(all: rule.Rule, each: rule.Rule): rule.Rule {
  return rule.either(all, rule.list(each, 1, 3));
}

/** {@link affine} as a replayable operation. */
export function affineOperation(options: AffineOptions = {}): Operation<Affine> {
  const [degrees, factors] = [rule.inside(-90, 90), rule.range(rule.above(0))];
  const {
    interpolation = "linear",
    border = "constant",
    value = 0,
  } = rule.checked("affine", options, {
    rotation: forEach(rule.span(rule.finite), rule.range(rule.finite)),
    scale: forEach(factors, factors),
    shear: forEach(rule.span(degrees), rule.range(degrees)),
    translation: forEach(rule.span(rule.finite), rule.range(rule.finite)),
    interpolation: rule.word("linear", "nearest"),
    border: rule.word(...BORDERS),
    value: rule.finite,
  });
  return {
    name: "affine",
    spatial: true,
    draw: (shape, random, spacing = shape.map(() => 1)) => ({
      ...drawAffine(options, shape, random),
      spacing,
      interpolation: interpolation === "linear" ? 1 : 0,
      border: borderCode(border),
      value,
    }),
    apply: transformed,
    inverse: (drawn) => {
      const matrix = invertMatrix(drawn.matrix);
      const translation = multiply(matrix, drawn.translation).map((v) => 0 - v);
      return [{ name: "affine", parameters: { ...drawn, matrix, translation } }];
    },
  };
}

/** Axes of one pixel neither turn, scale nor shift, so that an image and a volume of depth 1 draw alike. */
function drawAffine(
  { rotation = 0, scale = [1, 1], shear = 0, translation = 0 }: AffineOptions,
  shape: readonly number[],
  random: Random,
): Pick<Affine, "matrix" | "translation"> {
  const rank = shape.length;
  const thin = shape.map((side) => side === 1);
  const planes = planesOf(rank);
  const inPlanes = (spans: SpanPerAxis): number[] => {
    if (isList(spans)) checkCount(spans, planes.length, "planes");
    return planes.map(([a, b], plane) => {
      const span = isList(spans) ? (spans[plane] as Span) : plane === 0 ? spans : 0;
      return thin[a] === true || thin[b] === true ? 0 : drawFrom(span, random);
    });
  };
  const alongAxes = (spans: SpanPerAxis, neutral: number): number[] =>
    thin
      .map((flat, a) => {
        const axis = rank - 1 - a;
        return (thin[axis] ?? flat) ? neutral : drawFrom(perAxis(spans, axis, rank), random);
      })
      .reverse();
  const angles = inPlanes(rotation);
  const one = isList(scale) ? undefined : drawFrom(scale, random);
  const factors = one === undefined ? alongAxes(scale, 1) : thin.map((flat) => (flat ? 1 : one));
  const matrix = affineMatrix(rank, angles, factors, inPlanes(shear));
  return { matrix, translation: alongAxes(translation, 0) };
}

function isList(spans: SpanPerAxis): spans is readonly (readonly [number, number])[] {
  return typeof spans !== "number" && typeof spans[0] !== "number";
}

function perAxis(spans: SpanPerAxis, axis: number, rank: number): Span {
  if (!isList(spans)) return spans;
  checkCount(spans, rank, "axes");
  return spans[axis] as Span;
}

function checkCount(spans: readonly unknown[], count: number, of: string): void {
  if (spans.length === count) return;
  throw new DiraError(`affine: expected one span for each of ${count} ${of}, got ${spans.length}.`);
}

function transformed(sample: Sample, affineMap: Affine): Sample {
  const { interpolation, border, value } = affineMap;
  const reading = { interpolation, border, value };
  const map = indexMapOf(sample.image.shape, affineMap);
  return warped(sample, linesOf(map, sample.image.shape), reading, map);
}

/** Source index of each result index: back through the affine map, about the centre. */
function indexMapOf(
  shape: readonly number[],
  { matrix, translation, spacing }: Pick<Affine, "matrix" | "translation" | "spacing">,
): IndexMap {
  const rank = shape.length;
  const center = shape.map((side) => (side - 1) / 2);
  const back = invertMatrix(matrix).map(
    (v, i) => (v * (spacing[i % rank] as number)) / (spacing[Math.floor(i / rank)] as number),
  );
  const shifted = center.map(
    (c, axis) => c + (translation[axis] as number) / (spacing[axis] as number),
  );
  const from = multiply(back, shifted);
  return { matrix: back, offset: center.map((c, axis) => c - (from[axis] as number)) };
}

function linesOf({ matrix, offset }: IndexMap, shape: readonly number[]): LineSource {
  const volume = shape.length === 3;
  // Rows of the matrix and the offset for z, y, x; an image's z stays 0.
  const row = (axis: number): readonly number[] => {
    const a = axis - 3 + shape.length;
    if (a < 0) return [0, 0, 0, 0];
    const entries = matrix.slice(a * shape.length, (a + 1) * shape.length);
    return [...(volume ? [] : [0]), ...entries, offset[a] as number];
  };
  const rows = [row(0), row(1), row(2)];
  const [, , width] = sidesOfShape(shape);
  return (z, y, { zs, ys, xs }) => {
    [zs, ys, xs].forEach((coordinates, axis) => {
      const [az, ay, ax, shift] = rows[axis] as [number, number, number, number];
      const start = az * z + ay * y + shift;
      for (let x = 0; x < width; x += 1) coordinates[x] = start + ax * x;
    });
  };
}

/**
 * Rotation, scale, shear and translation about the image's centre; angles and lengths are physical where
 * the spacing is known. The result has the image's shape; its geometry says where its pixels now lie in
 * the world. Of a single plane, torchvision's `RandomAffine`; without `interpolation`, MONAI's `RandAffine`.
 *
 * Its inverse is the inverse map: exact in the interior up to interpolation.
 */
export function affine(options: AffineOptions = {}): Transform {
  return ownTransformOf(affineOperation(options));
}
