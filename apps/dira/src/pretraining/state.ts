import type { Variables } from "@dira/nn";
import { type Optimiser } from "@dira/training";
import { loadState, type Numbers, type StateRecords } from "@dira/training/node";
import type { Stage } from "../config/index.ts";
import { UsageError } from "../usage-error.ts";
import type { AllParts } from "./build.ts";

/** Who moves the weights in a stage. */
export interface Optimisers {
  readonly generator: Optimiser;
  readonly critic?: Optimiser;
}

/** Where a run stands. */
export interface Standing {
  /** Steps done in all stages together. */
  readonly done: number;
  /** The lowest validation loss of the stage so far. */
  readonly best: number;
}

/** Everything that a run's networks hold, part by part. */
export function networkRecords({ encoder, decoder, critic, objective }: AllParts): StateRecords {
  const of = (name: string, m: { parameters: Variables; buffers: Variables }): StateRecords => ({
    [`${name}.parameters`]: m.parameters,
    [`${name}.buffers`]: m.buffers,
  });
  return {
    ...of("encoder", encoder),
    ...of("decoder", decoder),
    ...of("critic", critic),
    ...(objective && { ...of("objective", objective), "objective.state": objective.state }),
  };
}

/** The whole training state of a stage. */
export function trainingRecords(parts: AllParts, { generator, critic }: Optimisers): StateRecords {
  return {
    ...networkRecords(parts),
    "optimiser.generator": generator.state,
    "optimiser.critic": critic?.state ?? {},
  };
}

const STAGES: readonly Stage[] = ["d", "dr", "dra"];

/** The numbers of a training state. */
export function numbersOf(
  stage: Stage,
  { done, best }: Standing,
  { generator, critic }: Optimisers,
): Numbers {
  return {
    done,
    best,
    stage: STAGES.indexOf(stage),
    generatorSteps: generator.stepCount,
    criticSteps: critic?.stepCount ?? 0,
  };
}

/** The stage that a training state is of. */
export function stageOf(numbers: Numbers): Stage {
  return STAGES[numbers["stage"] ?? -1] ?? "dra";
}

/** Restores a training state bit for bit. @throws Error when it is of other networks. */
export function restoreTraining(path: string, parts: AllParts, optimisers: Optimisers): Standing {
  const { numbers } = loadState(path, trainingRecords(parts, optimisers));
  optimisers.generator.stepCount = numbers["generatorSteps"] ?? 0;
  if (optimisers.critic !== undefined) optimisers.critic.stepCount = numbers["criticSteps"] ?? 0;
  return { done: numbers["done"] ?? 0, best: numbers["best"] ?? Infinity };
}

/**
 * Starts the networks from a checkpoint of another run; optimisers start afresh.
 *
 * @returns a line on what was taken.
 * @throws UsageError when it lacks a part of the networks.
 */
export function startFrom(path: string, parts: AllParts): string {
  const { matched, missing } = loadState(path, networkRecords(parts), { subset: true });
  if (missing.length > 0) {
    throw new UsageError(
      `--init: ${path} lacks ${missing.length} of the ${matched.length + missing.length} tensors of these networks (${missing.slice(0, 3).join(", ")}, …). Use a training state of the same recipe and options, such as checkpoints/dr.safetensors of a run.`,
    );
  }
  return `init: all ${matched.length} tensors from ${path}`;
}
