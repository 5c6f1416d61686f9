import * as tf from "@tensorflow/tfjs";
import { addon, type Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import { allWide } from "./precision.ts";
import { currentDevice } from "./settings.ts";
import { sizeOf } from "./shapes.ts";
import { SCALAR, type TensorType } from "./scalar-types.ts";
import { keep } from "./scope.ts";
import { isLent, lentAs } from "./engine-array.ts";
import { Entries, Entry } from "./entries.ts";
import { MOST_BYTES } from "./limits.ts";
import { loadLibTorch } from "./start.ts";

const BYTES: Readonly<Record<tf.DataType, number>> = {
  ...{ bool: 1, int32: 4, float32: 4, complex64: 8 },
  string: 0,
};

/** From how many values on copying them beside JavaScript takes less of its time than coming back to it. */
const WORTH_A_THREAD = 1 << 18;

const alias = aten("alias");
const clone = aten("clone");
const reshape = aten("reshape");

/**
 * TensorFlow.js's backend on LibTorch. Data go to LibTorch when an operator first needs them, and come back row-major,
 * however a tensor lies in memory.
 */
export class TorchBackend extends tf.KernelBackend {
  private readonly entries = new Entries();

  constructor() {
    super();
    loadLibTorch();
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override numDataIds(): number {
    return this.entries.count;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.entries.add(new Entry(undefined, values, shape, dtype, 1));
  }

  override move(
    id: object,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.entries.addMoved(id, new Entry(undefined, values, shape, dtype, refCount));
  }

  /** A tensor of what an operator made; the slot is the backend's from here on. */
  own(slot: Slot, shape: number[], dtype: tf.DataType): tf.TensorInfo {
    const kept = isLent(slot) ? ownCopy(slot) : slot;
    return { dataId: this.entries.add(new Entry(kept, undefined, shape, dtype, 1)), shape, dtype };
  }

  /** A tensor that stays in JavaScript: strings. */
  ownStrings(values: tf.BackendValues, shape: number[]): tf.TensorInfo {
    return { dataId: this.write(values, shape, "string"), shape, dtype: "string" };
  }

  override refCount(id: object): number {
    return this.entries.find(id)?.refCount ?? 0;
  }

  override incRef(id: object): void {
    this.entryOf(id).refCount += 1;
  }

  decRef(id: object): void {
    const entry = this.entries.find(id);
    if (entry !== undefined) entry.refCount -= 1;
  }

  override disposeData(id: object, force = false): boolean {
    const entry = this.entries.find(id);
    if (entry === undefined) return true;
    entry.refCount -= 1;
    if (!force && entry.refCount > 0) return false;
    this.entries.remove(entry);
    return true;
  }

  override readSync(id: object): tf.BackendValues {
    const { slot, values, dtype } = this.entryOf(id);
    if (values !== undefined) return values;
    return valuesOf(addon().read(slot as Slot), dtype);
  }

  /** Large tensors are copied on a thread of their own; with a GPU all are, as they must be waited for. */
  override async read(id: object): Promise<tf.BackendValues> {
    const { slot, shape, dtype } = this.entryOf(id);
    const bytes = sizeOf(shape) * BYTES[dtype];
    const large = currentDevice() !== "cpu" || sizeOf(shape) >= WORTH_A_THREAD;
    if (slot === undefined || !large || bytes > MOST_BYTES || isLent(slot))
      return this.readSync(id);
    // It may be disposed of meanwhile; what would be written to in place is copied before, as another views it.
    const view = alias(slot);
    try {
      const buffer = new ArrayBuffer(bytes);
      await addon().fetch(view, buffer);
      return valuesOf(buffer, dtype);
    } finally {
      addon().release(view);
    }
  }

  override async time(run: () => void): Promise<tf.BackendTimingInfo> {
    const start = performance.now();
    run();
    this.wait();
    return { kernelMs: performance.now() - start };
  }

  /** Until a GPU has done what it was asked for. */
  private wait(): void {
    if (currentDevice() === "cpu") return;
    const last = addon().write(new Float32Array(1), SCALAR.float32, [1]);
    addon().read(last);
    addon().release(last);
  }

  override memory(): { unreliable: boolean; numBytesInTorch: number } {
    return { unreliable: false, numBytesInTorch: addon().memory().bytes };
  }

  /** Frees everything: TensorFlow.js knows none of it any more. */
  override dispose(): void {
    this.entries.removeAll();
  }

  /** The tensor of data, seen with a shape: views share data with what they view. Only within a scope. */
  slotOf({ dataId, shape }: tf.TensorInfo): Slot {
    const entry = this.entryOf(dataId);
    const slot = (entry.slot ??= this.upload(entry));
    if (sameShape(entry.shape, shape)) return slot;
    // Row-major once, or every view of it would copy it again; the slot stays the same.
    addon().arrange(slot, entry.shape.map((_, axis) => axis)); // prettier-ignore
    return reshape(slot, shape);
  }

  /** The tensor of data that lie as they are seen, in a type that every operator takes; else undefined. */
  readySlot({ dataId, shape }: tf.TensorInfo): Slot | undefined {
    const entry = this.entries.find(dataId);
    return entry !== undefined && allWide() && sameShape(entry.shape, shape)
      ? entry.slot
      : undefined;
  }

  /**
   * The tensor of data that are about to be written to, viewed by nobody else. Only within a scope.
   *
   * @throws Error when other tensors share the data, which would change with them.
   */
  ownSlotOf(info: tf.TensorInfo): Slot {
    const entry = this.entryOf(info.dataId);
    if (entry.refCount > 1) {
      throw new Error(
        `The torch engine: ${entry.refCount} tensors share the data of one that is to be changed in place. Give it data of its own before (assign a copy).`,
      );
    }
    const slot = this.slotOf(info);
    if (slot !== entry.slot) {
      addon().release(entry.slot as Slot);
      [entry.slot, entry.shape] = [keep(slot), info.shape];
    }
    addon().makeAlone(slot);
    return slot;
  }

  /** What is here of data, which is fetched from the engine that has it. */
  private entryOf(id: object): Entry {
    const here = this.entries.find(id);
    if (here !== undefined) return here;
    tf.engine().moveData(this, id);
    return this.entries.find(id) as Entry;
  }

  private upload(entry: Entry): Slot {
    const { values, dtype, shape } = entry;
    if (dtype === "string")
      throw new Error(
        "The torch engine keeps strings in JavaScript; this operation does not take them.",
      );
    const array = arrayOf(values as ArrayLike<number>, dtype);
    const slot = lentAs(array, SCALAR[dtype], shape) ?? addon().write(array, SCALAR[dtype], shape);
    entry.values = undefined;
    return slot;
  }
}

/** What views memory of JavaScript's in memory of its own. */
function ownCopy(slot: Slot): Slot {
  const copy = clone(slot);
  addon().release(slot);
  return keep(copy);
}

function arrayOf(values: ArrayLike<number>, dtype: TensorType): ArrayBufferView {
  const Kind = dtype === "bool" ? Uint8Array : dtype === "int32" ? Int32Array : Float32Array;
  return values instanceof Kind ? values : Kind.from(values);
}

function valuesOf(bytes: ArrayBuffer, dtype: tf.DataType): tf.BackendValues {
  if (dtype === "bool") return new Uint8Array(bytes);
  return dtype === "int32" ? new Int32Array(bytes) : new Float32Array(bytes);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((size, axis) => size === b[axis]));
}
