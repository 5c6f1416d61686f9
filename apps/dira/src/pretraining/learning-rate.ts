import { constant, cosine, type Schedule, stepDecay } from "@dira/training";
import type { Config } from "../config/index.ts";

/** Epochs between two halvings (Models Genesis, TransVW). */
const HALVING = 40;

/** The learning rate over a stage; a cosine changes it each epoch, as the authors do. */
export function buildSchedule(
  { schedule, learningRate: base }: Config["generator"],
  steps: number,
  stepsPerEpoch: number,
): Schedule {
  if (schedule === "cosine") return cosine({ base, steps, every: stepsPerEpoch });
  if (schedule === "constant") return constant(base);
  const each = HALVING * stepsPerEpoch;
  const milestones = Array.from({ length: Math.floor(steps / each) }, (_, i) => (i + 1) * each);
  return stepDecay({ base, milestones, factor: 0.5 });
}
