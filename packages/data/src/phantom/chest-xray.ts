import type { Box } from "@dira/augmentations";
import { createRandom, type Random } from "@dira/random";
import { type Anatomy, drawAnatomy, PHANTOM_LABELS } from "./anatomy.ts";
import { bellyGas, bodyDepth, bodyRowOf } from "./body.ts";
import { drawBones } from "./bones.ts";
import { type Canvas, canvasOf } from "./canvas.ts";
import { effusionAt, noduleAt, pleuraAt, pneumothoraxAt } from "./findings.ts";
import { airways, heartShare, hilum, lungDepth, rowOf } from "./lungs.ts";
import { drawOverlays } from "./overlays.ts";
import { grainSource, smoothNoise } from "./texture.ts";
import { drawVessels } from "./vessels.ts";

/** Options of {@link phantomChestXray}. */
export interface PhantomOptions {
  /** Of the whole set. */
  readonly seed: number;
  /** Of the image in its set. */
  readonly index: number;
  /** Pixels per side. @defaultValue 256 */
  readonly size?: number;
}

/** A finding on a phantom, and where. */
export interface PhantomFinding {
  /** One of {@link PHANTOM_LABELS}. */
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
  /** 1 within the lungs. */
  readonly lungs: Uint8Array;
  readonly findings: readonly PhantomFinding[];
}

/** Air, soft tissue and masks, before bone. */
interface Tissue {
  readonly depth: Float32Array;
  /** Lung that holds vessels, 0 … 1. */
  readonly aerated: Float32Array;
  readonly lungs: Uint8Array;
  readonly masks: readonly Uint8Array[];
}

/**
 * A frontal chest X-ray made from numbers: depths of soft tissue, air and bone along each beam (body,
 * lungs with branching vessels, ribs behind and in front, clavicles, shoulder blades, spine, heart,
 * aortic knob, diaphragm, stomach gas), weakened by Beer and Lambert's law, with scatter and quantum
 * noise, shown as a detector's software would. Patient, pose, exposure and findings vary by index.
 *
 * For tests, demonstrations and debugging; not for diagnosis, nor for judging methods.
 */
export function phantomChestXray(options: PhantomOptions): PhantomChestXray {
  const { seed, index, size = 256 } = options;
  const random = createRandom(seed, index, "phantom-chest-xray");
  const anatomy = drawAnatomy(random.derive("anatomy"));
  const tissue = tissueOf(canvasOf(size, anatomy), anatomy);
  const [vessels, bones, overlays] = [0, 1, 2].map(() => canvasOf(size, anatomy)) as [
    Canvas,
    Canvas,
    Canvas,
  ];
  drawVessels(vessels, anatomy, random.derive("vessels"));
  drawBones(bones, anatomy);
  drawOverlays(overlays, anatomy, random.derive("overlays"));
  const pattern = patternOf(size, anatomy, random.derive("texture"));
  const depth = tissue.depth;
  for (let i = 0; i < depth.length; i += 1) {
    const lung = tissue.aerated[i] as number;
    const soft = depth[i] as number;
    const within = Math.min(1, soft * 4);
    depth[i] =
      soft +
      lung * ((vessels.data[i] as number) + (pattern.fine[i] as number)) +
      within * ((bones.data[i] as number) + (pattern.coarse[i] as number)) +
      (overlays.data[i] as number);
  }
  const data = exposed(depth, size, anatomy, random.derive("noise"));
  const findings = PHANTOM_LABELS.flatMap((label, i) => {
    const mask = tissue.masks[i] as Uint8Array;
    const box = anatomy.labels[i] === true ? boxOf(mask, size) : undefined;
    return box === undefined ? [] : [{ label, mask, box }];
  });
  const labels = PHANTOM_LABELS.map((label) => Number(findings.some((f) => f.label === label)));
  return { data, size, labels, lungs: tissue.lungs, findings };
}

function tissueOf(canvas: Canvas, a: Anatomy): Tissue {
  const { size, unit } = canvas;
  const pixels = size * size;
  const [depth, aerated] = [canvas.data, new Float32Array(pixels)];
  const lungs = new Uint8Array(pixels);
  const masks = PHANTOM_LABELS.map(() => new Uint8Array(pixels));
  const [nodules, pneumothorax, effusion, hearts] = masks as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const soft = 1 / unit;
  for (let line = 0, at = 0; line < size; line += 1) {
    const row = rowOf(a, canvas.y(line));
    const bodyRow = bodyRowOf(a, row.y);
    let x = canvas.x0(line);
    for (let column = 0; column < size; column += 1, at += 1, x += soft) {
      const body = bodyDepth(a, bodyRow, x);
      let tissue = body - (row.y > 0.1 ? bellyGas(a, x, row.y) : 0);
      const lung = lungDepth(a, row, x, soft);
      const heart = heartShare(row, x);
      if (lung > 0) {
        const fluid = effusionAt(a, row, x);
        const free = pneumothoraxAt(a, row, x, soft);
        const air = lung * (1 - heart) * (1 - fluid);
        const nodule = noduleAt(a, x, row.y);
        tissue += nodule + pleuraAt(a, row, x, soft) + hilum(x, row.y) * air;
        tissue -= air * Math.min(body, 1.1) * (0.74 + 0.12 * free);
        aerated[at] = air * (1 - free);
        lungs[at] = lung > 0.3 ? 1 : 0;
        nodules[at] = nodule > 0 ? 1 : 0;
        pneumothorax[at] = free > 0.5 ? 1 : 0;
        effusion[at] = fluid > 0.5 && lung > 0.1 ? 1 : 0;
      }
      if (row.y < 0.1 && Math.abs(x) < 0.3) tissue -= airways(x, row.y) * Math.min(1, body);
      hearts[at] = heart > 0.05 && row.y > -0.2 && row.y < a.domes[1] + 0.05 ? 1 : 0;
      depth[at] = Math.max(0, tissue);
    }
  }
  return { depth, aerated, lungs, masks };
}

function patternOf(
  size: number,
  a: Anatomy,
  random: Random,
): { fine: Float32Array; coarse: Float32Array } {
  const fine = smoothNoise(size, size / 96, random.derive("fine"));
  const middle = smoothNoise(size, size / 34, random.derive("middle"));
  const coarse = smoothNoise(size, size / 7, random.derive("coarse"));
  for (let i = 0; i < fine.length; i += 1) {
    fine[i] = a.markings * (0.034 * (fine[i] as number) + 0.024 * (middle[i] as number));
    coarse[i] = 0.03 * (coarse[i] as number);
  }
  return { fine, coarse };
}

/** Beer–Lambert, scatter and noise, then the logarithm and an S-shaped display curve. */
function exposed(depth: Float32Array, size: number, a: Anatomy, random: Random): Float32Array {
  const [contrast, brightness, noise, scatter] = a.display;
  const grain = grainSource(random);
  const data = new Float32Array(depth.length);
  const [left, right, top, bottom] = a.borders.map((share) => share * size) as [
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < data.length; i += 1) {
    const [x, y] = [i % size, Math.floor(i / size)];
    if (x < left || x >= size - right || y < top || y >= size - bottom) continue;
    const beam = Math.exp(-2.2 * (depth[i] as number)) * (1 - scatter) + 0.14 * scatter;
    // Fewer quanta, more noise: its share grows with 1 / √beam.
    const seen = Math.max(1e-3, beam * (1 + (noise * grain()) / Math.sqrt(beam + 0.01)));
    const absorbed = Math.max(0, -Math.log(seen) / 2.2) * contrast;
    const shown =
      1 -
      Math.exp(-1.75 * absorbed * Math.sqrt(Math.sqrt(absorbed))) +
      brightness * Math.min(1, 3 * absorbed);
    data[i] = Math.min(1, Math.max(0, 0.03 + 0.97 * shown));
  }
  return data;
}

/** The bounding box of a mask, if anything is in it. */
function boxOf(mask: Uint8Array, size: number): Box | undefined {
  let [left, top, right, bottom] = [size, size, -1, -1];
  for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
    const [x, y] = [at % size, Math.floor(at / size)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right < 0 ? undefined : [top, left, bottom - top + 1, right - left + 1];
}
