import * as tf from "@tensorflow/tfjs";
import { addon, describe, scalarOf, type Slot } from "./addon.ts";
import { aten, opened } from "./aten.ts";
import type { TorchBackend } from "./backend.ts";
import { Given } from "./given.ts";
import type { Operand, Operands } from "./operands.ts";
import { takesEither } from "./precision.ts";
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

const to = aten("to.dtype");

/** Registers a kernel. */
export function define<A = object>(kernelName: string, kernel: Kernel<A>): void {
  register(kernelName, scoped(kernel, takesEither(kernelName)));
}

/** A kernel as TensorFlow.js calls it. */
function scoped<A>(kernel: Kernel<A>, either: boolean): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const torch = backend as unknown as TorchBackend;
    const given = new Given(inputs, torch, either);
    const kept = inScope(() => {
      const results = given.apart(kernel(given.operands, (attrs ?? {}) as A));
      return typeof results === "number" ? inKnownType(results) : results.map(inKnownType);
    });
    return typeof kept === "number"
      ? tensorOf(kept, torch)
      : kept.map((slot) => tensorOf(slot, torch));
  };
}

function register(kernelName: string, kernelFunc: tf.KernelFunc): void {
  tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc });
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
  register(kernelName, ({ inputs, attrs, backend }) => {
    const torch = backend as unknown as TorchBackend;
    inScope(() => {
      const slots = Object.values(inputs).map((info, i) =>
        changes(i) ? torch.ownSlotOf(info as tf.TensorInfo) : torch.slotOf(info as tf.TensorInfo),
      );
      kernel(slots, attrs as object as A);
      return [];
    });
    return [];
  });
}

/** Registers a kernel that is one operator of one or two inputs, in this order, which gives a type that TensorFlow.js has. */
export function defineOperator(
  kernelName: string,
  operator: string,
  [first, second]: readonly [string, string?],
): void {
  const handle = opened(operator);
  const run = aten(operator);
  const general = scoped((operands) => {
    const of = operands as object as Record<string, Operand>;
    return second === undefined ? run(of[first]?.slot) : run(of[first]?.slot, of[second]?.slot);
  }, takesEither(kernelName));
  register(kernelName, (given) => {
    // Where nothing but the result is made there is nothing to free.
    const torch = given.backend as unknown as TorchBackend;
    const a = torch.readySlot(given.inputs[first] as tf.TensorInfo);
    if (a === undefined) return general(given);
    if (second === undefined) return tensorOf(addon().call(handle(), a) as Slot, torch);
    const b = torch.readySlot(given.inputs[second] as tf.TensorInfo);
    return b === undefined ? general(given) : tensorOf(addon().call(handle(), a, b) as Slot, torch);
  });
}

/** Registers a kernel that sees its one input's data with another shape. */
export function defineView<A = object>(
  kernelName: string,
  shapeOf: (x: tf.TensorInfo, attributes: A) => readonly number[],
): void {
  register(kernelName, ({ inputs, attrs, backend }) => {
    const x = Object.values(inputs)[0] as tf.TensorInfo;
    (backend as unknown as TorchBackend).incRef(x.dataId);
    return { ...x, shape: [...shapeOf(x, (attrs ?? {}) as A)] };
  });
}

/** A slot in the nearest type that TensorFlow.js has. */
function inKnownType(slot: Slot): Slot {
  const scalar = scalarOf(slot);
  return typeOf(scalar) === undefined ? to(slot, SCALAR[nearest(scalar)]) : slot;
}

function tensorOf(slot: Slot, torch: TorchBackend): tf.TensorInfo {
  const { scalar, shape } = describe(slot);
  return torch.own(slot, shape, typeOf(scalar) as TensorType);
}
