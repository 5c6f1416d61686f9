/** The engines that can be asked for by name, in the order in which `"auto"` tries them. */
export const ENGINE_NAMES = ["torch", "tensorflow", "wasm", "cpu"] as const;

/** One of {@link ENGINE_NAMES}. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What a started engine can do. */
export interface EngineAbilities {
  /** Computes in a compiled library of this machine, not in JavaScript or WebAssembly. */
  readonly native: boolean;
  readonly device: "CPU" | "GPU";
  /**
   * How many threads one operation may use on the CPU. `undefined` when a GPU computes.
   */
  readonly threads: number | undefined;
  /**
   * Whether gradients can be trusted: the self-check's verdict, `"unchecked"` when none was given.
   */
  readonly training: "passed" | "failed" | "unchecked";
  /** The operations that failed the self-check; empty unless `training` is `"failed"`. */
  readonly failing: readonly string[];
}

/** An engine that was tried and not taken, and why. */
export interface Rejection {
  readonly name: EngineName;
  /** One line. */
  readonly why: string;
}

/** What a started engine is, and why it was chosen. */
export interface EngineReport {
  readonly name: EngineName;
  /** Of the library that computes, e.g. `TensorFlow 2.21.0`. */
  readonly version: string;
  readonly device: "CPU" | "GPU";
  readonly abilities: EngineAbilities;
  /** One line for people. */
  readonly reason: string;
  /** Engines tried before, and why each was not taken. */
  readonly rejected: readonly Rejection[];
}

/** An engine can't be had or can't be trusted; the message is one line and says what to do. */
export class EngineError extends Error {
  override name: string = "EngineError";
}

/** The first line of whatever was thrown: what people need of a foreign error. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.trim().split("\n")[0] ?? "").trim();
}
