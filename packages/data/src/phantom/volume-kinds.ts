import type { LabelledBox, Raster } from "@dira/augmentations";
import { createRandom, type Random } from "@dira/random";
import { boxOf } from "../boxes.ts";
import { phantomBrainMr } from "./brain-mr.ts";
import { middleOf, NODULE_LIKE, vesselPlace } from "./candidate-places.ts";
import { chestGrid, type PhantomCt, renderCt } from "./chest-ct.ts";
import { type CtScene, type CtSceneOptions, ctSceneOf } from "./ct-scene.ts";
import type { Drawn, PhantomKey, PhantomKind } from "./kinds.ts";
import type { Point } from "./tree.ts";
import { gridAround, type Grid } from "./volume.ts";

type Shape3 = Grid["shape"];

const shape3 = (shape: readonly number[]): Shape3 => shape as Shape3;

/** Whole chests, with masks of the lungs. */
export function chestCtKind(): PhantomKind {
  return {
    spatialRank: 3,
    shape: [32, 64, 64],
    maskNames: ["left lung", "right lung"],
    draw: (key, shape) => {
      const options = { ...key, nodules: 2 };
      const ct = renderCt(ctSceneOf(options), chestGrid(shape3(shape)), options);
      return drawnOf(ct, ct.organs, [1, 2], ["left lung", "right lung"]);
    },
  };
}

/** Cubes of 1 mm voxels about candidates: nodules, and vessels that look like some. */
export function lunaKind(): PhantomKind {
  return candidates({
    shape: [32, 64, 64],
    label: "Nodule",
    value: 1,
    options: { nodules: 2 },
    found: ({ nodules }, slot) => nodules[slot % nodules.length]?.center as Point,
    radius: NODULE_LIKE,
  });
}

/** Cubes of 1 mm voxels about vessels with contrast medium, with a clot or without. */
export function peCadKind(): PhantomKind {
  return candidates({
    shape: [64, 64, 64],
    label: "Embolus",
    value: 2,
    options: { contrast: true, emboli: 2 },
    found: ({ emboli }, slot) => middleOf(emboli[slot % emboli.length] as ArrayLike<number>),
    radius: 2.2,
  });
}

/** Cubes of 1 mm voxels about nodules, with their masks. */
export function lidcKind(): PhantomKind {
  return {
    spatialRank: 3,
    shape: [32, 64, 64],
    maskNames: ["nodule"],
    draw: (key, shape) => {
      const options = { ...key, nodules: 3 };
      const scene = ctSceneOf(options);
      const center = scene.nodules[key.study % 3]?.center as Point;
      const random = createRandom(key.seed, key.index, key.study, "phantom-cube");
      const ct = renderCt(scene, cubeAt(center, shape, random), options);
      return drawnOf(ct, ct.findings, [1], ["nodule"]);
    },
  };
}

/** The upper belly, with masks of the liver and of its lesions. */
export function litsKind(): PhantomKind {
  return {
    spatialRank: 3,
    shape: [32, 64, 64],
    maskNames: ["liver", "lesion"],
    draw: (key, shape) => {
      const lesions = createRandom(key.seed, key.index, "phantom-liver").integer(0, 5);
      const options = { ...key, contrast: true, liverLesions: lesions };
      const scene = ctSceneOf(options);
      const [depth, height, width] = shape3(shape);
      const spacing = [192 / depth, 250 / height, 330 / width] as const;
      const grid = gridAround([0, 0, scene.a.domes[0] - 50], shape3(shape), spacing);
      const ct = renderCt(scene, grid, options);
      const mask = new Uint8Array(ct.organs.data.length);
      for (let i = 0; i < mask.length; i += 1) {
        mask[i] = ct.findings.data[i] === 3 ? 2 : ct.organs.data[i] === 4 ? 1 : 0;
      }
      return drawnOf(ct, { ...ct.organs, data: mask }, [1, 2], ["liver", "lesion"]);
    },
  };
}

/** FLAIR images of brains, with BraTS's mask values. */
export function bratsKind(): PhantomKind {
  const names = ["necrotic core", "oedema", "(unused)", "enhancing tumour"];
  return {
    spatialRank: 3,
    shape: [32, 64, 64],
    maskNames: names,
    draw: (key, shape) => {
      const { scan, tumour } = phantomBrainMr({ ...key, shape: shape3(shape) });
      return { scan, mask: tumour, boxes: boxesOf(tumour, [1, 2, 4], names) };
    },
  };
}

interface Candidates {
  readonly shape: Shape3;
  readonly label: string;
  /** Its value in the findings' mask. */
  readonly value: number;
  readonly options: Partial<CtSceneOptions>;
  /** Where a positive candidate lies. */
  found(scene: CtScene, slot: number): Point;
  /** Vessels from this radius on may be negative candidates. */
  readonly radius: number;
}

function candidates({ shape, label, value, options, found, radius }: Candidates): PhantomKind {
  const randomOf = ({ seed, index, study }: PhantomKey): Random =>
    createRandom(seed, index, study, "phantom-candidate");
  const isPositive = (key: PhantomKey): boolean => randomOf(key).bernoulli(0.5);
  return {
    spatialRank: 3,
    shape,
    labelNames: [label],
    maskNames: [label],
    studies: 4,
    labels: (key) => [Number(isPositive(key))],
    draw: (key, asked) => {
      const given = { ...options, ...key, study: 0 };
      const scene = ctSceneOf(given);
      const random = randomOf(key).derive("place");
      const center = isPositive(key) ? found(scene, key.study) : vesselPlace(scene, random, radius);
      const ct = renderCt(scene, cubeAt(center, asked, random), given);
      const mask = new Uint8Array(ct.findings.data.length);
      for (let i = 0; i < mask.length; i += 1) mask[i] = Number(ct.findings.data[i] === value);
      return drawnOf(ct, { ...ct.findings, data: mask }, [1], [label]);
    },
  };
}

/** A cube of 1 mm voxels about a place, not quite in its middle. */
function cubeAt(center: Point, shape: readonly number[], random: Random): Grid {
  const moved = center.map((mm) => mm + random.uniform(-3, 3)) as [number, number, number];
  return gridAround(moved, shape3(shape), [1, 1, 1]);
}

function boxesOf(
  mask: Raster<Uint8Array>,
  values: readonly number[],
  names: readonly string[],
): LabelledBox[] {
  return values.flatMap((value) => {
    const box = boxOf(mask.data, mask.shape, value);
    return box === undefined ? [] : [{ label: names[value - 1] as string, box }];
  });
}

function drawnOf(
  ct: PhantomCt,
  mask: Raster<Uint8Array>,
  values: readonly number[],
  names: readonly string[],
): Drawn {
  const only = mask.data.map((value) => (values.includes(value) ? value : 0));
  const kept = { ...mask, data: only };
  return { scan: ct.scan, mask: kept, boxes: boxesOf(kept, values, names) };
}
