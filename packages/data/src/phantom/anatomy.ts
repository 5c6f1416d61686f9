import type { Random } from "@dira/random";
import { CHEST_XRAY14_LABELS } from "../sets/chest-xray14-tables.ts";

/** The findings that a phantom has unless it is told otherwise, each with probability 0.25. */
export const PHANTOM_LABELS: readonly string[] = [
  "Nodule",
  "Pneumothorax",
  "Effusion",
  "Cardiomegaly",
];

/** Findings that stay from study to study. */
const CHRONIC: readonly string[] = [
  "Cardiomegaly",
  "Emphysema",
  "Fibrosis",
  "Pleural_Thickening",
  "Hernia",
];

/** One patient and one exposure. Lengths: half the image is 1; x to the image's right, y down. */
export interface Anatomy {
  /** Names of the findings that are there. */
  readonly findings: ReadonlySet<string>;
  /** Where the frame lies: `[shift x, shift y, scale, tilt]`. */
  readonly frame: readonly [number, number, number, number];
  /** Half-width of the trunk, and its thickness (1: slim). */
  readonly trunk: number;
  readonly thickness: number;
  readonly armGap: number;
  readonly breasts: number;
  /** Of the lungs: apex, half-width of the chest at the bottom, its roundness. */
  readonly apex: number;
  readonly chest: number;
  readonly roundness: number;
  /** Height of the diaphragm on the image's left and right. */
  readonly domes: readonly [number, number];
  /** Share of the lungs' depth that is air. */
  readonly airiness: number;
  /** Heart borders on the image's left and right, and of the aortic knob. */
  readonly heart: readonly [number, number];
  readonly knob: number;
  readonly ribSpacing: number;
  readonly ribDrop: number;
  readonly bone: number;
  readonly clavicles: readonly [number, number];
  readonly scapulae: number;
  readonly bubble: readonly [number, number, number];
  /** Strength of vessels and of the fine pattern. */
  readonly markings: number;
  /** Contrast, brightness, noise, share of scatter. */
  readonly display: readonly [number, number, number, number];
  /** Black borders: left, right, top, bottom. */
  readonly borders: readonly number[];
  readonly portable: boolean;
}

/** What {@link drawAnatomy} draws from. */
export interface AnatomySources {
  /** Of the patient: the same in every study. */
  readonly patient: Random;
  readonly study: Random;
  /** Probability of each finding, by its name of {@link CHEST_XRAY14_LABELS}. */
  readonly prevalence: Readonly<Record<string, number>>;
}

/** Draws a patient's anatomy, chronic findings included, and what one study adds. */
export function drawAnatomy({ patient, study, prevalence }: AnatomySources): Anatomy {
  const findings = new Set(
    CHEST_XRAY14_LABELS.filter((label) => {
      const source = CHRONIC.includes(label) ? patient : study;
      return source.derive("finding", label).bernoulli(prevalence[label] ?? 0);
    }),
  );
  const portable = study.bernoulli(0.3);
  return { findings, portable, ...bodyOf(patient, study, findings, portable), ...filmOf(study) };
}

type Film = Pick<Anatomy, "frame" | "display" | "borders" | "clavicles">;

function bodyOf(
  patient: Random,
  study: Random,
  findings: ReadonlySet<string>,
  portable: boolean,
): Omit<Anatomy, "findings" | "portable" | keyof Film> {
  const u = (low: number, high: number): number => patient.uniform(low, high);
  const emphysema = findings.has("Emphysema");
  const chest = u(0.7, 0.79);
  // How deep the patient breathed in: never as deep lying down.
  const breath = study.uniform(0, 1) + (emphysema ? 0.35 : 0);
  const domeHeight = u(-0.03, 0.03) + (portable ? 0.2 + 0.2 * breath : 0.34 + 0.2 * breath);
  const wide = findings.has("Cardiomegaly") ? u(1.45, 1.8) : u(0.88, 1.14);
  const thickness = u(0.86, 1.25);
  const raised = findings.has("Atelectasis") ? 0.05 : 0;
  return {
    chest,
    trunk: chest + 0.05 + 0.13 * (thickness - 0.8) + u(0.02, 0.12),
    thickness,
    armGap: u(0.02, 0.14),
    breasts: patient.bernoulli(0.5) ? u(0.1, 0.3) : 0,
    apex: u(-0.83, -0.72),
    roundness: u(2, 2.7),
    domes: [domeHeight - raised, domeHeight + u(0, 0.08) - raised],
    airiness: emphysema ? 0.84 : 0.74,
    heart: [u(0.11, 0.16) * (0.6 + 0.4 * wide), Math.min(chest - 0.08, u(0.33, 0.4) * wide)],
    knob: u(0.1, 0.16),
    ribSpacing: u(0.118, 0.138),
    ribDrop: u(0.4, 0.56),
    bone: u(0.75, 1.15),
    scapulae: u(0.5, 1),
    bubble: [u(0.28, 0.46), u(0.08, 0.15), patient.bernoulli(0.75) ? u(0.3, 0.7) : 0],
    markings: u(0.75, 1.35) * (emphysema ? 0.55 : 1) * (findings.has("Edema") ? 1.6 : 1),
  };
}

function filmOf(study: Random): Film {
  const u = (low: number, high: number): number => study.uniform(low, high);
  return {
    frame: [u(-0.06, 0.06), u(-0.05, 0.07), u(0.9, 1.09), u(-0.05, 0.05)],
    clavicles: [u(-0.04, 0.05), u(-0.04, 0.05)],
    display: [u(0.78, 1.08), u(-0.06, 0.05), u(0.006, 0.014), u(0.02, 0.1)],
    borders: Array.from({ length: 4 }, () => (study.bernoulli(0.12) ? u(0.01, 0.07) : 0)),
  };
}
