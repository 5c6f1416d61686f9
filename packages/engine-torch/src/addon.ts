import { loadAddon } from "./load-addon.ts";

/** A tensor of LibTorch, by its number in the addon's table. */
export type Slot = number & { readonly slot: unique symbol };

/** An operator of ATen, by its number. */
export type OperatorHandle = number & { readonly operator: unique symbol };

/** What an operator takes: tensors by slot, `null` for None; what is left out or undefined gets the schema's default. */
export type Argument =
  Slot | number | boolean | string | null | undefined | readonly (Slot | number | boolean | null)[];

/** What one gives. */
export type Result = Slot | null | readonly Result[];

/** What the addon counts. */
export interface AddonMemory {
  /** Tensors in the table. */
  readonly slots: number;
  /** Of their storages, each counted once. */
  readonly bytes: number;
  /** The most since the start or `resetPeak`. */
  readonly peakBytes: number;
  /** What the GPU's allocator says, scratch of operators included; undefined on CPUs, and before LibTorch 2.13. */
  readonly device?: DeviceMemory;
}

/** Bytes of this process on its GPU, as `torch.cuda.memory_allocated` and its like give them. */
export interface DeviceMemory {
  readonly allocatedBytes: number;
  /** The most since the start or `resetPeak`. */
  readonly peakAllocatedBytes: number;
  /** Taken from the GPU, to be used again. */
  readonly reservedBytes: number;
}

/** The native addon (`native/addon.cc`). All its errors are of one line and name the operator. */
export interface Addon {
  /** Finds `name` or `name.overload` of `aten::`. */
  open(name: string): OperatorHandle;
  call(operator: OperatorHandle, ...given: readonly Argument[]): Result;
  release(slot: Slot): void;
  /** `[scalar type, ...sizes]`. */
  describe(slot: Slot): [number, ...number[]];
  /** Copies a typed array's bytes into a tensor. */
  write(values: ArrayBufferView, scalarType: number, sizes: readonly number[]): Slot;
  /**
   * Which tensor took a slot last: `[slot, scalar type, dims, ...sizes]`. The slot is -1 where that is not known; see
   * {@link describe}.
   */
  readonly newest: Float64Array;
  /** A copy of the values, row-major. */
  read(slot: Slot): ArrayBuffer;
  /** Begins such a copy on a thread of its own, into a buffer of its size. Meanwhile the slot's storage and the buffer must stay. */
  fetch(slot: Slot, buffer: ArrayBuffer): Promise<[]>;
  /** A tensor of bytes, 0 at first, that is also an ArrayBuffer; the slot is the caller's. */
  lend(bytes: number): [Slot, ArrayBuffer];
  /** Whether a tensor has memory that was lent. */
  isLent(slot: Slot): boolean;
  /** Whether the values lie row-major, without gaps. */
  isContiguous(slot: Slot): boolean;
  /** Lays out the values with the axes in this order, outermost first; the tensor itself stays as it is. */
  arrange(slot: Slot, order: readonly number[]): void;
  /** Gives the tensor the layout and type of another one of its shape. */
  align(slot: Slot, like: Slot): void;
  /** Gives the tensor memory that no other one views, before it is written to. */
  makeAlone(slot: Slot): void;
  /** `cpu`, `cuda`, `cuda:1`: where tensors are from now on. */
  setDevice(device: string): void;
  /** Whether products in float32 may round their factors to TF32, on GPUs that have it. */
  setTf32(allowed: boolean): void;
  memory(): AddonMemory;
  resetPeak(): void;
  about(): { readonly version: string; readonly threads: number };
}

/** A tensor's scalar type and sizes. */
export interface Description {
  readonly scalar: number;
  readonly shape: number[];
}

/** Where in {@link Addon.newest} its sizes begin. */
const SIZES = 3;

/** What a tensor is: of the newest one, which is nearly always asked for, without a call. */
export function describe(slot: Slot): Description {
  const { newest } = addon();
  if (newest[0] !== slot) {
    const [scalar, ...shape] = addon().describe(slot);
    return { scalar, shape };
  }
  const shape: number[] = [];
  const end = SIZES + (newest[2] as number);
  for (let i = SIZES; i < end; i += 1) shape.push(newest[i] as number);
  return { scalar: newest[1] as number, shape };
}

/** A tensor's scalar type. */
export function scalarOf(slot: Slot): number {
  const { newest } = addon();
  return newest[0] === slot ? (newest[1] as number) : addon().describe(slot)[0];
}

let loaded: Addon | undefined;

/**
 * The addon, loaded when it is first needed.
 *
 * @throws Error of one line when it is not built or does not load, saying what to do.
 */
export function addon(): Addon {
  loaded ??= loadAddon() as Addon;
  return loaded;
}
