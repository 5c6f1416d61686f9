import * as tf from "@tensorflow/tfjs";
import { addon, type Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import type { TorchBackend } from "./backend.ts";
import { nearest, SCALAR, type TensorType, typeOf } from "./scalar-types.ts";
import { inScope } from "./scope.ts";

/** The engine's name in TensorFlow.js. */
export const BACKEND = "torch";

/** An input of a kernel. */
export interface Operand {
  readonly slot: Slot;
  readonly shape: readonly number[];
  readonly dtype: TensorType;
}

/** A kernel's inputs by TensorFlow.js's names; where it takes a list, by position. */
export type Operands = Readonly<Record<string, Operand>>;

/**
 * What a kernel does: ATen's operators on slots, which are freed when it ends, but for what it returns. It may not return
 * an input; `aten::alias` makes another view of it.
 *
 * @typeParam A - its attributes, as in tfjs-core's `kernel_names.ts`.
 */
export type Kernel<A> = (inputs: Operands, attributes: A) => Slot | readonly Slot[];

const to = aten("to.dtype");

/** Registers a kernel. */
export function define<A = object>(kernelName: string, kernel: Kernel<A>): void {
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const torch = backend as unknown as TorchBackend;
      let several = false;
      const slots = inScope(() => {
        const result = kernel(operandsOf(inputs, torch), (attrs ?? {}) as A);
        several = typeof result !== "number";
        return (several ? (result as readonly Slot[]) : [result as Slot]).map(inOurTypes);
      });
      const infos = slots.map((slot) => infoOf(slot, torch));
      return several ? infos : (infos[0] as tf.TensorInfo);
    },
  });
}

/** Registers a kernel that is one operator of one or more inputs, in this order. */
export function defineOperator(kernelName: string, operator: string, inputs: readonly string[]): void {
  const run = aten(operator);
  define(kernelName, (operands) => run(...inputs.map((name) => operands[name]?.slot)));
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

/** Those of a kernel that takes a list. */
export function listOf(operands: Operands): Operand[] {
  return Object.values(operands);
}

function operandsOf(inputs: tf.NamedTensorInfoMap, torch: TorchBackend): Operands {
  const entries = Object.entries(inputs).map(([name, given]) => {
    const info = given as tf.TensorInfo | undefined;
    if (info === undefined || info === null) return [name, undefined];
    const { shape, dtype } = info;
    return [name, { slot: torch.slotOf(info), shape, dtype }];
  });
  return Object.fromEntries(entries) as Operands;
}

function inOurTypes(slot: Slot): Slot {
  const [scalar] = addon().describe(slot);
  return typeOf(scalar) === undefined ? to(slot, SCALAR[nearest(scalar)]) : slot;
}

function infoOf(slot: Slot, torch: TorchBackend): tf.TensorInfo {
  const [scalar, ...shape] = addon().describe(slot);
  return torch.own(slot, shape, typeOf(scalar) as TensorType);
}
