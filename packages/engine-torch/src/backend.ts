import * as tf from "@tensorflow/tfjs";
import { addon, type Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import { SCALAR, type TensorType } from "./scalar-types.ts";
import { keep } from "./scope.ts";
import { loadLibTorch } from "./start.ts";

/** What the engine has of a tensor's data. */
interface Entry {
  /** Where it is, once an operator needed it. */
  slot: Slot | undefined;
  /** As JavaScript gave it, until an operator needs it; strings stay. */
  values: tf.BackendValues | undefined;
  /** As it lies; views of it may say another. */
  shape: readonly number[];
  readonly dtype: tf.DataType;
  refCount: number;
}

const reshape = aten("reshape");

/**
 * TensorFlow.js's backend on LibTorch. Data go to LibTorch when an operator first needs them, and come back row-major,
 * however a tensor lies in memory.
 */
export class TorchBackend extends tf.KernelBackend {
  private readonly entries: tf.DataStorage<Entry>;

  constructor() {
    super();
    this.entries = new tf.DataStorage(this, tf.engine());
    loadLibTorch();
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const id = {};
    this.move(id, values, shape, dtype, 1);
    return id;
  }

  override move(
    id: object,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.entries.set(id, { slot: undefined, values, shape, dtype, refCount });
  }

  /** A tensor of what an operator made; the slot is the backend's from here on. */
  own(slot: Slot, shape: number[], dtype: tf.DataType): tf.TensorInfo {
    const dataId = {};
    this.entries.set(dataId, { slot, values: undefined, shape, dtype, refCount: 1 });
    return { dataId, shape, dtype };
  }

  /** A tensor that stays in JavaScript: strings. */
  ownStrings(values: tf.BackendValues, shape: number[]): tf.TensorInfo {
    return { dataId: this.write(values, shape, "string"), shape, dtype: "string" };
  }

  override refCount(id: object): number {
    return this.entries.has(id) ? this.entries.get(id).refCount : 0;
  }

  override incRef(id: object): void {
    this.entries.get(id).refCount += 1;
  }

  decRef(id: object): void {
    if (this.entries.has(id)) this.entries.get(id).refCount -= 1;
  }

  override disposeData(id: object, force = false): boolean {
    if (!this.entries.has(id)) return true;
    const entry = this.entries.get(id);
    entry.refCount -= 1;
    if (!force && entry.refCount > 0) return false;
    if (entry.slot !== undefined) addon().release(entry.slot);
    this.entries.delete(id);
    return true;
  }

  override readSync(id: object): tf.BackendValues {
    const { slot, values, dtype } = this.entries.get(id);
    if (values !== undefined) return values;
    const bytes = addon().read(slot as Slot);
    if (dtype === "bool") return new Uint8Array(bytes);
    return dtype === "int32" ? new Int32Array(bytes) : new Float32Array(bytes);
  }

  override async read(id: object): Promise<tf.BackendValues> {
    return this.readSync(id);
  }

  override async time(run: () => void): Promise<tf.BackendTimingInfo> {
    const start = performance.now();
    run();
    return { kernelMs: performance.now() - start };
  }

  override memory(): { unreliable: boolean; numBytesInTorch: number } {
    return { unreliable: false, numBytesInTorch: addon().memory().bytes };
  }

  override dispose(): void {
    // Tensors are disposed of one by one by whoever made them.
  }

  /** The tensor of data, seen with a shape: views share data with what they view. Only within a scope. */
  slotOf({ dataId, shape }: tf.TensorInfo): Slot {
    const entry = this.entries.get(dataId);
    const slot = (entry.slot ??= this.upload(entry));
    if (sameShape(entry.shape, shape)) return slot;
    // Row-major once, or every view of it would copy it again; the slot stays the same.
    addon().arrange(slot, entry.shape.map((_, axis) => axis)); // prettier-ignore
    return reshape(slot, shape);
  }

  /**
   * The tensor of data that are about to be written to, viewed by nobody else. Only within a scope.
   *
   * @throws Error when other tensors share the data, which would change with them.
   */
  ownSlotOf(info: tf.TensorInfo): Slot {
    const entry = this.entries.get(info.dataId);
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

  private upload(entry: Entry): Slot {
    const { values, dtype, shape } = entry;
    if (dtype === "string")
      throw new Error(
        "The torch engine keeps strings in JavaScript; this operation does not take them.",
      );
    const slot = addon().write(arrayOf(values as ArrayLike<number>, dtype), SCALAR[dtype], shape);
    entry.values = undefined;
    return slot;
  }
}

function arrayOf(values: ArrayLike<number>, dtype: TensorType): ArrayBufferView {
  const Kind = dtype === "bool" ? Uint8Array : dtype === "int32" ? Int32Array : Float32Array;
  return values instanceof Kind ? values : Kind.from(values);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((size, axis) => size === b[axis]));
}
