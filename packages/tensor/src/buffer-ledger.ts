/** An amount of memory. */
export interface MemoryAmount {
  readonly bytes: number;
  /** Pieces of memory; clones and reshapes of a tensor share one. */
  readonly buffers: number;
}

/** What one operation made. */
export interface OperationMemory extends MemoryAmount {
  /** The kernel's name; `data` for what came from JavaScript. */
  readonly name: string;
}

/** What is held, in all and by the operation that made it, the largest first. */
export interface HeldMemory extends MemoryAmount {
  readonly operations: readonly OperationMemory[];
}

interface Buffer {
  readonly bytes: number;
  readonly operation: string;
  /** Data ids that share it. */
  ids: number;
}

/** Pieces of memory by the data ids that refer to them. */
export interface BufferLedger {
  add(id: object, bytes: number, operation: string): void;
  /** Another id for the same memory; memory that was there before the ledger counts nothing. */
  share(id: object, of: object): void;
  remove(id: object): void;
  operationOf(id: object): string | undefined;
  /** Most bytes held at once since the last call, or the start. */
  takePeak(): number;
  /** @param without - ids that don't count. */
  held(without: ReadonlySet<object>): HeldMemory;
}

/**
 * An empty ledger.
 *
 * @param replaceable - bytes of ids from before whose memory makes room for other when they go: variables that
 *   take a new value.
 */
export function bufferLedger(replaceable: Map<object, number>): BufferLedger {
  const buffers = new Map<object, Buffer>();
  let [live, peak] = [0, 0];
  const change = (bytes: number): void => {
    live += bytes;
    peak = Math.max(peak, live);
  };
  return {
    add: (id, bytes, operation) => {
      buffers.set(id, { bytes, operation, ids: 1 });
      change(bytes);
    },
    share: (id, of) => {
      const buffer = buffers.get(of) ?? { bytes: 0, operation: "", ids: 0 };
      buffer.ids += 1;
      buffers.set(id, buffer);
    },
    remove: (id) => {
      change(-(replaceable.get(id) ?? 0));
      replaceable.delete(id);
      const buffer = buffers.get(id);
      if (buffer === undefined) return;
      buffers.delete(id);
      buffer.ids -= 1;
      if (buffer.ids === 0) change(-buffer.bytes);
    },
    operationOf: (id) => buffers.get(id)?.operation,
    takePeak: () => {
      const most = peak;
      peak = live;
      return most;
    },
    held: (without) =>
      summed(new Set([...buffers].filter(([id]) => !without.has(id)).map(([, buffer]) => buffer))),
  };
}

function summed(buffers: ReadonlySet<Buffer>): HeldMemory {
  const rows = new Map<string, { name: string; bytes: number; buffers: number }>();
  const total = { bytes: 0, buffers: 0 };
  for (const { bytes, operation } of buffers) {
    if (bytes === 0) continue;
    const row = rows.get(operation) ?? { name: operation, bytes: 0, buffers: 0 };
    rows.set(operation, row);
    for (const sum of [row, total]) {
      sum.bytes += bytes;
      sum.buffers += 1;
    }
  }
  return { ...total, operations: [...rows.values()].sort((a, b) => b.bytes - a.bytes) };
}
