import type * as tf from "@tensorflow/tfjs";
import type { Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import type { TorchBackend } from "./backend.ts";
import type { Operand, Operands } from "./operands.ts";
import { computeType, widen } from "./precision.ts";
import type { TensorType } from "./scalar-types.ts";

const alias = aten("alias");

/** A kernel's inputs, by name. */
export class Given {
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

  /** What a kernel gave, each a tensor of its own, none an input's. */
  apart(results: Slot | readonly Slot[]): Slot | readonly Slot[] {
    if (typeof results === "number") return this.isTaken(results) ? alias(results) : results;
    return results.map((slot, i) =>
      this.isTaken(slot) || results.indexOf(slot) < i ? alias(slot) : slot,
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
