/** The engines that can be asked for by name. */
export type EngineName = "tensorflow" | "wasm" | "cpu";

/** What a started engine is, and why it was chosen. */
export interface EngineReport {
  readonly name: EngineName;
  /** Of the library that computes, e.g. `TensorFlow 2.21.0`. */
  readonly version: string;
  readonly device: "CPU" | "GPU";
  /** Runs in a compiled library on this machine. */
  readonly native: boolean;
  /** One line for people. */
  readonly reason: string;
  /** Engines tried before, and why each was not taken. */
  readonly rejected: readonly { readonly name: EngineName; readonly why: string }[];
}

/** An engine can't be had or can't be trusted; the message says what to do. */
export class EngineError extends Error {
  override name: string = "EngineError";
}
