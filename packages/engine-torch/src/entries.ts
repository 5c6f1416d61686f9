import type * as tf from "@tensorflow/tfjs";
import { addon, type Slot } from "./addon.ts";

/** What the engine has of a tensor's data; itself the `dataId` by which TensorFlow.js knows what was made here. */
export class Entry {
  /** Where it is, once an operator needed it. */
  slot: Slot | undefined;
  /** As JavaScript gave it, until an operator needs it; strings stay. */
  values: tf.BackendValues | undefined;
  /** As it lies; views of it may say another. */
  shape: readonly number[];
  readonly dtype: tf.DataType;
  refCount: number;
  /** Its neighbours among all that the backend has. */
  before: Entry | undefined;
  after: Entry | undefined;

  constructor(
    slot: Slot | undefined,
    values: tf.BackendValues | undefined,
    shape: readonly number[],
    dtype: tf.DataType,
    refCount: number,
  ) {
    this.slot = slot;
    this.values = values;
    this.shape = shape;
    this.dtype = dtype;
    this.refCount = refCount;
  }
}

/** The count of references to data that are no longer here. */
const GONE = -1;

/** The data that a backend has. */
export class Entries {
  count = 0;
  private newest: Entry | undefined;
  /** Of data whose `dataId` another engine made. */
  private readonly moved = new WeakMap<object, Entry>();

  add(entry: Entry): Entry {
    this.count += 1;
    entry.before = this.newest;
    if (this.newest !== undefined) this.newest.after = entry;
    this.newest = entry;
    return entry;
  }

  /** Adds data under another engine's `dataId`. */
  addMoved(id: object, entry: Entry): void {
    this.moved.set(id, this.add(entry));
  }

  /** What is here of data, if anything. */
  find(id: object): Entry | undefined {
    if (id instanceof Entry && id.refCount !== GONE) return id;
    const entry = this.moved.get(id);
    return entry?.refCount === GONE ? undefined : entry;
  }

  /** Frees data. */
  remove(entry: Entry): void {
    if (entry.slot !== undefined) addon().release(entry.slot);
    [entry.slot, entry.values, entry.refCount] = [undefined, undefined, GONE];
    const { before, after } = entry;
    if (before !== undefined) before.after = after;
    if (after === undefined) this.newest = before;
    else after.before = before;
    [entry.before, entry.after] = [undefined, undefined];
    this.count -= 1;
  }

  removeAll(): void {
    while (this.newest !== undefined) this.remove(this.newest);
  }
}
