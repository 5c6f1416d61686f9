import * as tf from "@tensorflow/tfjs";
import { addon, type Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import type { TorchBackend } from "./backend.ts";
import type { Operand, Operands } from "./operands.ts";
import { computeType, takesEither, widen } from "./precision.ts";
import { nearest, SCALAR, type TensorType, typeOf } from "./scalar-types.ts";
import { inScope } from "./scope.ts";

export { listOf, type Operand } from "./operands.ts";

/** The engine's name in TensorFlow.js. */
export const BACKEND = "torch";

/**
 * What a kernel does: ATen's operators on slots, which are freed when it ends, but for what it returns.
 *
 * @typeParam A - its attributes, as in tfjs-core's `kernel_names.ts`.
 */
export type Kernel<A> = (inputs: Operands, attributes: A) => Slot | readonly Slot[];

const alias = aten("alias");
const to = aten("to.dtype");

/** Registers a kernel. */
export function define<A = object>(kernelName: string, kernel: Kernel<A>): void {
  const either = takesEither(kernelName);
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const torch = backend as unknown as TorchBackend;
      let several = false;
      let outputs: Output[] = [];
      inScope(() => {
        const given = operandsOf(inputs, torch, either);
        const result = kernel(given, (attrs ?? {}) as A);
        several = typeof result !== "number";
        const results = several ? (result as readonly Slot[]) : [result as Slot];
        outputs = results.map((slot, i) =>
          outputOf(isTaken(slot, given, results.slice(0, i)) ? alias(slot) : slot),
        );
        return outputs.map(({ slot }) => slot);
      });
      const infos = outputs.map(({ slot, shape, dtype }) => torch.own(slot, shape, dtype));
      return several ? infos : (infos[0] as tf.TensorInfo);
    },
  });
}

/**
 * Registers a kernel that takes a list and changes some of it where it lies, giving nothing. What it changes must share its
 * data with no other tensor; memory that LibTorch shares is copied first.
 *
 * @param changes - whether the input at a position is one that it changes.
 */
export function defineInPlace<A>(
  kernelName: string,
  changes: (position: number) => boolean,
  kernel: (slots: readonly Slot[], attributes: A) => void,
): void {
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const torch = backend as unknown as TorchBackend;
      inScope(() => {
        const slots = Object.values(inputs).map((info, i) =>
          changes(i) ? torch.ownSlotOf(info as tf.TensorInfo) : torch.slotOf(info as tf.TensorInfo),
        );
        kernel(slots, attrs as object as A);
        return [];
      });
      return [];
    },
  });
}

/** Registers a kernel that is one operator of one or more inputs, in this order. */
export function defineOperator(
  kernelName: string,
  operator: string,
  inputs: readonly string[],
): void {
  const run = aten(operator);
  define(kernelName, (operands) =>
    run(...inputs.map((name) => operands[name as keyof Operands]?.slot)),
  );
}

/** Registers a kernel that sees its one input's data with another shape. */
export function defineView<A = object>(
  kernelName: string,
  shapeOf: (x: tf.TensorInfo, attributes: A) => readonly number[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const x = Object.values(inputs)[0] as tf.TensorInfo;
      (backend as unknown as TorchBackend).incRef(x.dataId);
      return { ...x, shape: [...shapeOf(x, (attrs ?? {}) as A)] };
    },
  });
}

function operandsOf(inputs: tf.NamedTensorInfoMap, torch: TorchBackend, either: boolean): Operands {
  const entries = Object.entries(inputs).map(([name, given]) => {
    const info = given as tf.TensorInfo | null | undefined;
    return [name, info ? new Input(info, torch, either) : undefined];
  });
  return Object.fromEntries(entries) as object as Operands;
}

/** An operand whose data go to LibTorch when a kernel asks for them: some kernels need a shape and no more. */
class Input implements Operand {
  readonly shape: readonly number[];
  readonly dtype: TensorType;
  /** Once it was asked for. */
  taken: Slot | undefined;
  private readonly take: () => Slot;

  constructor(info: tf.TensorInfo, torch: TorchBackend, either: boolean) {
    this.shape = info.shape;
    this.dtype = info.dtype as TensorType;
    const wide = !either || computeType() === "float32";
    this.take = () => (wide ? widen(torch.slotOf(info)) : torch.slotOf(info));
  }

  get slot(): Slot {
    return (this.taken ??= this.take());
  }
}

/** Whether a slot is an input's own, or one of the outputs before. */
function isTaken(slot: Slot, given: Operands, before: readonly Slot[]): boolean {
  const inputs = Object.values(given) as object[] as (Input | undefined)[];
  return before.includes(slot) || inputs.some((input) => input?.taken === slot);
}

interface Output {
  readonly slot: Slot;
  readonly shape: number[];
  readonly dtype: TensorType;
}

/** What an operator gave, in the nearest type that TensorFlow.js has. */
function outputOf(slot: Slot): Output {
  const [scalar, ...shape] = addon().describe(slot);
  const dtype = typeOf(scalar);
  if (dtype !== undefined) return { slot, shape, dtype };
  const near = nearest(scalar);
  return { slot: to(slot, SCALAR[near]), shape, dtype: near };
}
