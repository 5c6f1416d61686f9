import * as tf from "@tensorflow/tfjs";
import { addon, describe, scalarOf, type Slot } from "./addon.ts";
import { aten, opened } from "./aten.ts";
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
  register(kernelName, scoped(kernel, takesEither(kernelName)));
}

/** A kernel as TensorFlow.js calls it. */
function scoped<A>(kernel: Kernel<A>, either: boolean): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const torch = backend as unknown as TorchBackend;
    const given = new Given(inputs, torch, either);
    const kept = inScope(() => given.apart(kernel(given.operands, (attrs ?? {}) as A)));
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

/** A kernel's inputs, by name. */
class Given {
  readonly operands: Operands;
  private readonly list: Input[] = [];

  constructor(inputs: tf.NamedTensorInfoMap, torch: TorchBackend, either: boolean) {
    const operands: Record<string, Input | undefined> = {};
    for (const name in inputs) {
      const info = inputs[name] as tf.TensorInfo | null | undefined;
      if (!info) continue;
      const input = new Input(info, torch, either);
      operands[name] = input;
      this.list.push(input);
    }
    this.operands = operands as object as Operands;
  }

  /** What a kernel gave, each a tensor of its own in a type that TensorFlow.js has. */
  apart(results: Slot | readonly Slot[]): Slot | readonly Slot[] {
    if (typeof results === "number")
      return inKnownType(this.isTaken(results) ? alias(results) : results);
    return results.map((slot, i) =>
      inKnownType(this.isTaken(slot) || results.indexOf(slot) < i ? alias(slot) : slot),
    );
  }

  /** Whether a slot is an input's own. */
  private isTaken(slot: Slot): boolean {
    return this.list.some((input) => input.taken === slot);
  }
}

/** An operand whose data go to LibTorch when a kernel asks for them: some kernels need a shape and no more. */
class Input implements Operand {
  readonly shape: readonly number[];
  readonly dtype: TensorType;
  /** Once it was asked for. */
  taken: Slot | undefined;
  private readonly info: tf.TensorInfo;
  private readonly torch: TorchBackend;
  private readonly either: boolean;

  constructor(info: tf.TensorInfo, torch: TorchBackend, either: boolean) {
    this.shape = info.shape;
    this.dtype = info.dtype as TensorType;
    this.info = info;
    this.torch = torch;
    this.either = either;
  }

  get slot(): Slot {
    return (this.taken ??= this.take());
  }

  private take(): Slot {
    const slot = this.torch.slotOf(this.info);
    return this.either && computeType() !== "float32" ? slot : widen(slot);
  }
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
