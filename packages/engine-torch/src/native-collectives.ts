import { addon, type Slot } from "./addon.ts";

/** A group of processes, as the addon has it. */
export type NativeGroup = object & { readonly group: unique symbol };

/** The place of a reduction in this list is its number in the addon. */
export const REDUCTIONS = ["sum", "mean", "min", "max"] as const;

/**
 * The addon's part for processes that compute together (`native/collectives.cc`). What gives a Promise runs on a thread of
 * the group's, one after another; the slots that they give are the caller's. Tensors are copied when they are given.
 */
export interface NativeCollectives {
  /** Whether this build has what connects processes. */
  canJoin(): boolean;
  /** A group that has not joined yet. */
  openGroup(): NativeGroup;
  joinGroup(
    group: NativeGroup,
    host: string,
    port: number,
    rank: number,
    size: number,
    servesStore: 0 | 1,
    prefix: string,
    rendezvousMs: number,
    timeoutMs: number,
  ): Promise<[]>;
  allReduce(group: NativeGroup, tensor: Slot, reduction: number): Promise<[Slot]>;
  broadcast(group: NativeGroup, tensor: Slot, from: number): Promise<[Slot]>;
  allGather(group: NativeGroup, tensor: Slot): Promise<Slot[]>;
  barrier(group: NativeGroup): Promise<[]>;
  /** In place of a collective that this process can't begin: the others' are refused. Refused itself. */
  refuse(group: NativeGroup): Promise<[]>;
  leaveGroup(group: NativeGroup): Promise<[]>;
}

export function nativeCollectives(): NativeCollectives {
  return addon() as unknown as NativeCollectives;
}
