import { addon, type Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import { MOST_BYTES } from "./limits.ts";
import { keep } from "./scope.ts";
import { currentDevice } from "./settings.ts";
import { loadLibTorch } from "./start.ts";

/** The typed arrays of TensorFlow.js's types. */
interface Kinds {
  readonly float32: Float32ArrayConstructor;
  readonly int32: Int32ArrayConstructor;
  readonly bool: Uint8ArrayConstructor;
}

const KINDS: Kinds = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

const asType = aten("view.dtype");
const view = aten("view");

/** The tensors whose memory some arrays are. */
const lent = new WeakMap<ArrayBufferLike, Slot>();
let everLent = false;
const returned = new FinalizationRegistry<Slot>((slot) => addon().release(slot));

/**
 * A typed array, 0 at first, in memory that the engine takes as it is, for what is filled by a loader and then given to
 * `tf.tensor`, batch after batch: on a CPU a tensor of the whole array shares its memory instead of copying it; for a GPU it
 * is page-locked, as `pin_memory` of PyTorch's, from which copies are fastest.
 *
 * Fill it before the tensor is first used, and again once that is disposed of, with what shares its data (`reshape`,
 * `clone`): until then a change is seen in them. Other results, and what operators write in place, have memory of their own.
 *
 * Make few and use them again: their memory is freed when neither the array nor a tensor of it is left, but only as the event loop
 * turns. It can't be transferred to another thread.
 *
 * @param length - how many values, of less than 4 GiB.
 * @throws Error when the length is none, or there is not so much memory.
 */
export function engineArray<D extends keyof Kinds = "float32">(
  length: number,
  dtype: D = "float32" as D,
): InstanceType<Kinds[D]> {
  const Kind = Object.hasOwn(KINDS, dtype) ? KINDS[dtype] : undefined;
  const most = MOST_BYTES / (Kind?.BYTES_PER_ELEMENT ?? 1);
  if (Kind === undefined || !Number.isInteger(length) || length < 0 || length > most) {
    throw new Error(
      `engineArray(${String(length)}, ${JSON.stringify(dtype)}): give a whole number of values, of less than 4 GiB, and one of ${Object.keys(KINDS).join(", ")}.`,
    );
  }
  loadLibTorch();
  const buffer = length === 0 ? new ArrayBuffer(0) : lend(length * Kind.BYTES_PER_ELEMENT);
  const array = new Kind(buffer);
  return array as InstanceType<Kinds[D]>;
}

function lend(bytes: number): ArrayBuffer {
  everLent = true;
  const [slot, buffer] = addon().lend(bytes);
  lent.set(buffer, slot);
  returned.register(buffer, slot);
  return buffer;
}

/** The tensor that a whole array of {@link engineArray} is, if it is one and tensors are where it is. Only within a scope. */
export function lentAs(
  values: ArrayBufferView,
  scalarType: number,
  shape: readonly number[],
): Slot | undefined {
  const slot = lent.get(values.buffer);
  const isWhole = values.byteLength > 0 && values.byteLength === values.buffer.byteLength;
  if (slot === undefined || !isWhole || currentDevice() !== "cpu") return undefined;
  return keep(view(asType(slot, scalarType), shape));
}

/** Whether a tensor has memory that JavaScript writes to, too. */
export function isLent(slot: Slot): boolean {
  return everLent && addon().isLent(slot);
}
