// Optimisers' steps of @dira/tensor, in the memory of what they change.
import { addon, type Slot } from "../../addon.ts";
import { aten } from "../../aten.ts";
import { defineInPlace } from "../../kernel.ts";
import { isAtLeast } from "../../version.ts";

const addcdiv = aten("addcdiv_");
const addcmul = aten("addcmul_");
const addScalar = aten("add_.Scalar");
const addTensor = aten("add_.Tensor");
const add = aten("add.Tensor");
const fusedAdam = aten<[]>("_fused_adam_");
const fusedAdamW = aten<[]>("_fused_adamw_");
const lerp = aten("lerp_.Scalar");
const mul = aten("mul_.Scalar");
const scalarTensor = aten("scalar_tensor");
const sqrt = aten("sqrt");

/** A step at which βᵗ is 0. */
const LONG_PAST = 1e9;

/** The list in rows of `width`. */
function rowsOf(slots: readonly Slot[], width: number): Slot[][] {
  return slots.flatMap((_, i) => (i % width === 0 ? [slots.slice(i, i + width)] : []));
}

interface Adam {
  readonly beta1: number;
  readonly beta2: number;
  readonly rate: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly kept: number;
}

// θ, m, v, g: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← kept·θ − rate · m / (√v + ε).
defineInPlace<Adam>(
  "DiraAdam",
  (position) => position % 4 !== 3,
  (slots, numbers) => {
    const rows = rowsOf(slots, 4) as AdamRow[];
    // Fused updates go through memory, whatever lies where.
    for (const [theta, ...others] of rows) others.forEach((slot) => addon().align(slot, theta));
    const oneDecay = numbers.weightDecay === 0 || numbers.kept === 1;
    if (oneDecay && isAtLeast(2, 3)) fusedSteps(rows, numbers);
    else rows.forEach((row) => adamStep(row, numbers));
  },
);

type AdamRow = [theta: Slot, m: Slot, v: Slot, g: Slot];

/** All parameters in one pass over memory, with decay of one kind. The corrections for the start are in rate and ε, so here it is long past. */
function fusedSteps(
  rows: readonly AdamRow[],
  { beta1, beta2, rate, epsilon, ...decay }: Adam,
): void {
  const column = (i: 0 | 1 | 2 | 3): Slot[] => rows.map((row) => row[i]);
  // Where the parameters are; it is read alone, so one is enough for all.
  const step = scalarTensor(LONG_PAST);
  const steps = rows.map(() => step);
  const decoupled = decay.kept !== 1;
  const lambda = decoupled ? (1 - decay.kept) / rate : decay.weightDecay;
  const run = decoupled ? fusedAdamW : fusedAdam;
  const [theta, m, v, g] = [column(0), column(1), column(2), column(3)];
  run(theta, g, m, v, [], steps, rate, beta1, beta2, lambda, epsilon, false, false);
}

function adamStep([theta, m, v, given]: AdamRow, numbers: Adam): void {
  const { beta1, beta2, rate, epsilon, weightDecay, kept } = numbers;
  const g = weightDecay === 0 ? given : add(given, theta, weightDecay);
  lerp(m, g, 1 - beta1);
  addcmul(mul(v, beta2), g, g, 1 - beta2);
  if (kept !== 1) mul(theta, kept);
  addcdiv(theta, m, addScalar(sqrt(v), epsilon), -rate);
}

interface Momentum {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

// θ, b, g: b ← μb + g, θ ← θ − γb, or with Nesterov θ ← θ − γ(g + μb).
defineInPlace<Momentum>(
  "DiraMomentum",
  (position) => position % 3 !== 2,
  (slots, { learningRate, momentum, nesterov, weightDecay }) => {
    for (const row of rowsOf(slots, 3)) {
      const [theta, b, given] = row as [Slot, Slot, Slot];
      const g = weightDecay === 0 ? given : add(given, theta, weightDecay);
      addTensor(mul(b, momentum), g);
      addTensor(theta, nesterov ? add(g, b, momentum) : b, -learningRate);
    }
  },
);

// a, x: a ← m·a + (1 − m)·x.
defineInPlace<{ readonly momentum: number }>(
  "DiraAverage",
  (position) => position % 2 === 0,
  (slots, { momentum }) => {
    for (const row of rowsOf(slots, 2)) {
      const [average, x] = row as [Slot, Slot];
      addTensor(mul(average, momentum), x, 1 - momentum);
    }
  },
);
