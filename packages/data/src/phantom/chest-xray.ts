import type { Box } from "@dira/augmentations";
import { createRandom, type Random } from "@dira/random";
import { type Anatomy, drawAnatomy, PHANTOM_LABELS } from "./anatomy.ts";
import { drawBody } from "./body.ts";
import { drawBones } from "./bones.ts";
import { boxOf } from "../boxes.ts";
import { canvasOf } from "./canvas.ts";
import { expose } from "./exposure.ts";
import { type Chest, AIR_FINDINGS, drawFinding } from "./findings.ts";
import { drawAirways, drawHila, drawLungs } from "./lungs.ts";
import { addSmoothNoise, quickUniform } from "./noise.ts";
import { drawOverlays } from "./overlays.ts";
import { drawVessels } from "./vessels.ts";

/** Options of {@link phantomChestXray}. */
export interface PhantomOptions {
  /** Of the whole set. */
  readonly seed: number;
  /** Of the patient in the set. */
  readonly index: number;
  /** Of the patient's study: pose, exposure, breath, devices and acute findings vary. @defaultValue 0 */
  readonly study?: number;
  /** Pixels per side. @defaultValue 256 */
  readonly size?: number;
  /**
   * Probability of each finding, by its name in ChestX-ray14. Cardiomegaly, emphysema, fibrosis, pleural
   * thickening and hernia are the patient's, the others the study's.
   *
   * @defaultValue 0.25 for each of {@link PHANTOM_LABELS}
   */
  readonly prevalence?: Readonly<Record<string, number>>;
}

/** A finding on a phantom, and where. */
export interface PhantomFinding {
  /** Its name in ChestX-ray14. */
  readonly label: string;
  /** 1 within the finding, `[size, size]`. */
  readonly mask: Uint8Array;
  /** `[top, left, height, width]` in pixels. */
  readonly box: Box;
}

/** A procedural chest X-ray with what is on it. */
export interface PhantomChestXray {
  /** Intensities in [0, 1], `[size, size]`; bright where more is absorbed. */
  readonly data: Float32Array;
  readonly size: number;
  /** Per entry of {@link PHANTOM_LABELS}, 0 or 1. */
  readonly labels: readonly number[];
  /** 1 in the left lung (on the image's right), 2 in the right one; not where the heart hides them. */
  readonly lungs: Uint8Array;
  readonly findings: readonly PhantomFinding[];
}

const USUAL = Object.fromEntries(PHANTOM_LABELS.map((label) => [label, 0.25]));

function anatomyOf(options: PhantomOptions, random: Random): Anatomy {
  return drawAnatomy({
    patient: random.derive("patient"),
    study: random.derive("study", options.study ?? 0),
    prevalence: options.prevalence ?? USUAL,
  });
}

const keyOf = ({ seed, index }: PhantomOptions): Random =>
  createRandom(seed, index, "phantom-chest-xray");

/** What a phantom X-ray shows, without drawing it. */
export function phantomFindings(options: PhantomOptions): Pick<Anatomy, "findings" | "portable"> {
  return anatomyOf(options, keyOf(options));
}

/**
 * A frontal chest X-ray made from numbers: depths of soft tissue, air and bone along each beam (body,
 * lungs with branching vessels, ribs behind and in front, clavicles, shoulder blades, spine, heart,
 * aortic knob, diaphragm, stomach gas), weakened by Beer and Lambert's law, with scatter and quantum
 * noise, shown as a detector's software would. The anatomy is the patient's (`index`); pose, breath,
 * exposure, devices and acute findings are the study's.
 *
 * For tests, demonstrations and debugging; not for diagnosis, nor for judging methods.
 */
export function phantomChestXray(options: PhantomOptions): PhantomChestXray {
  const { study = 0, size = 256 } = options;
  const random = keyOf(options);
  const a = anatomyOf(options, random);
  const film = random.derive("film", study);
  const soft = canvasOf(size, a);
  drawBody(soft, a);
  const lungs = drawLungs(soft, a);
  const [vessels, bones] = [canvasOf(size, a), canvasOf(size, a)];
  drawVessels(vessels, a, random.derive("vessels"));
  drawHila(vessels);
  addPattern(vessels.data, size, a.markings, film);
  drawBones(bones, a);
  const chest: Chest = { soft, lungs, markings: vessels.data };
  const draw = (label: string): PhantomFinding[] => {
    const mask = drawFinding(chest, a, label, film.derive("findings"));
    const box = boxOf(mask, [size, size]);
    return box === undefined ? [] : [{ label, mask, box }];
  };
  const isAir = (label: string): boolean => AIR_FINDINGS.includes(label);
  const present = [...a.findings];
  const findings = present.filter(isAir).flatMap(draw);
  takeAir(chest, a.airiness);
  drawAirways(soft);
  findings.push(...present.filter((label) => !isAir(label)).flatMap(draw));
  addBones(soft.data, bones.data, size, film);
  drawOverlays(soft, a, film.derive("overlays"));
  expose(soft.data, size, a, film.derive("noise"));
  const labels = PHANTOM_LABELS.map((label) => Number(a.findings.has(label)));
  return { data: soft.data, size, labels, lungs: lungs.mask, findings };
}

/** Adds the lungs' fine pattern to their vessels. */
function addPattern(markings: Float32Array, size: number, strength: number, film: Random): void {
  const uniform = quickUniform(film.derive("pattern"));
  for (const [share, amount] of [
    [96, 0.034],
    [34, 0.024],
  ] as const) {
    const cell = [size / share, size / share];
    addSmoothNoise(markings, [size, size], { cell, amount: amount * strength, uniform });
  }
}

/** Takes the lungs' air out of the depth; puts in what it shows. */
function takeAir({ soft: { data }, lungs: { air }, markings }: Chest, share: number): void {
  for (let i = 0; i < data.length; i += 1) {
    const lung = air[i] as number;
    if (lung === 0) continue;
    const depth = data[i] as number;
    data[i] = Math.max(0, depth - lung * (share * Math.min(depth, 1.1) - (markings[i] as number)));
  }
}

/** Adds bones and the uneven soft tissue, within the body. */
function addBones(depth: Float32Array, bones: Float32Array, size: number, film: Random): void {
  const uniform = quickUniform(film.derive("coarse"));
  const cell = [size / 7, size / 7];
  addSmoothNoise(bones, [size, size], { cell, amount: 0.03, uniform });
  for (let i = 0; i < depth.length; i += 1) {
    const soft = depth[i] as number;
    depth[i] = Math.max(0, soft + Math.min(1, soft * 4) * (bones[i] as number));
  }
}
