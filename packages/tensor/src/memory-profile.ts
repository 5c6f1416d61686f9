import * as tf from "@tensorflow/tfjs";
import type { HeldMemory, MemoryAmount } from "./buffer-ledger.ts";
import { watchBuffers } from "./buffer-watch.ts";

/** What one gradient held in memory. */
export interface GradientMemory {
  /**
   * Held at the turn from the forward to the backward pass, by the operation that made it: what the backward pass
   * needs, and what the forward pass gives.
   */
  readonly retained: HeldMemory;
  /** Most bytes held at once since the gradient before, or the start, up to the turn. */
  readonly forwardPeakBytes: number;
  /** Most bytes held at once in the backward pass, what `checkpoint` computes again included. */
  readonly backwardPeakBytes: number;
}

/** What {@link profileMemory} saw. */
export interface MemoryProfile<T> {
  readonly result: T;
  /** In their order: e.g. one a micro-batch, then one of the critic. */
  readonly gradients: readonly GradientMemory[];
  /** Most bytes held at once. */
  readonly peakBytes: number;
  /** What is held at the end: results, and leaks. */
  readonly left: MemoryAmount;
  /**
   * The most that the process has had in memory since its start (its resident set), whatever it did;
   * `undefined` outside Node.js. What is on a GPU is not in it.
   */
  readonly processPeakBytes: number | undefined;
  /** The `wasm` engine's heap, which never shrinks; `undefined` on other engines. */
  readonly wasmHeapBytes: number | undefined;
}

/**
 * Counts the memory of training steps: what each gradient retains between its forward and its backward pass,
 * by the operation that made it, and the most that is held at once.
 *
 * It counts buffers: `tf.memory().numBytes` counts one again for each clone and each reshape, and all that is
 * kept for a gradient is cloned. What was there before (weights, batch, optimiser's state) and variables are not
 * counted. It works on every engine, under `valueAndGradients`, `tf.grads` and TensorFlow.js's optimisers.
 * Scratch memory within an engine's kernel is seen in `processPeakBytes` alone.
 *
 * PyTorch's counterparts are `torch.autograd.graph.saved_tensors_hooks` and
 * `torch.cuda.max_memory_allocated`.
 *
 * @param f - one or more training steps, better not the first, which makes the optimiser's state. What else runs
 *   on the engine meanwhile is counted as well.
 * @throws DiraError when another profile is running.
 */
export async function profileMemory<T>(f: () => T | Promise<T>): Promise<MemoryProfile<T>> {
  const gradients: GradientMemory[] = [];
  let turn: Omit<GradientMemory, "backwardPeakBytes"> | undefined;
  const watch = watchBuffers(({ held, takePeak }) => ({
    begins: () => (turn = { retained: held(), forwardPeakBytes: takePeak() }),
    ends: () => {
      if (turn !== undefined) gradients.push({ ...turn, backwardPeakBytes: takePeak() });
      turn = undefined;
    },
  }));
  try {
    const result = await f();
    const { bytes, buffers } = watch.held();
    const peaks = gradients.flatMap((g) => [g.forwardPeakBytes, g.backwardPeakBytes]);
    const peakBytes = Math.max(watch.takePeak(), ...peaks);
    return { result, gradients, peakBytes, left: { bytes, buffers }, ...machineMemory() };
  } finally {
    watch.stop();
  }
}

function machineMemory(): Pick<MemoryProfile<unknown>, "processPeakBytes" | "wasmHeapBytes"> {
  const { process } = globalThis as {
    readonly process?: { resourceUsage?(): { readonly maxRSS: number } };
  };
  const kibibytes = process?.resourceUsage?.().maxRSS;
  const { wasm } = tf.backend() as unknown as { wasm?: { readonly HEAPU8?: Uint8Array } };
  return {
    processPeakBytes: kibibytes === undefined ? undefined : 1024 * kibibytes,
    wasmHeapBytes: tf.getBackend() === "wasm" ? wasm?.HEAPU8?.buffer.byteLength : undefined,
  };
}
