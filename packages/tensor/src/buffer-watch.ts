import * as tf from "@tensorflow/tfjs";
import { type BufferLedger, bufferLedger, type HeldMemory } from "./buffer-ledger.ts";
import { DiraError } from "./errors.ts";

/** The buffers that are made and freed on the engine in use. */
export interface BufferWatch {
  /** What is held now; variables are not counted. */
  held(): HeldMemory;
  /** Most bytes held at once since the last call, or the start. */
  takePeak(): number;
  stop(): void;
}

/** Told when a backward pass begins and ends, but not of those within another. */
export interface BackwardListener {
  begins(): void;
  ends(): void;
}

/** The parts of TensorFlow.js's engine through which every tensor, kernel and scope goes. */
interface Engine {
  readonly state: {
    readonly gradientDepth: number;
    readonly registeredVariables: Readonly<Record<string, tf.Variable>>;
    readonly tensorInfo: { has(dataId: object): boolean };
  };
  trackTensor(tensor: tf.Tensor, backend?: unknown): void;
  removeDataId(dataId: object, backend: unknown): void;
  runKernel(
    name: string,
    inputs: Readonly<Record<string, tf.Tensor>>,
    attributes: unknown,
  ): unknown;
  startScope(name?: string): void;
  endScope(result?: unknown): void;
}

/** Kernels of TensorFlow that give their input's memory under another id. */
const SHARING: ReadonlySet<string> = new Set(["Reshape", "ExpandDims"]);

let watching = false;

/**
 * Counts buffers from now until `stop`, by wrapping the methods of TensorFlow.js's engine.
 *
 * @throws DiraError when another watch runs.
 */
export function watchBuffers(listener: (watch: BufferWatch) => BackwardListener): BufferWatch {
  if (watching) {
    throw new DiraError("profileMemory: another profile is running. Wait for it to end.");
  }
  watching = true;
  const engine = tf.engine() as unknown as Engine;
  const ledger = bufferLedger(variablesOf(engine));
  const undo: (() => void)[] = [];
  const watch: BufferWatch = {
    held: () => ledger.held(new Set(variablesOf(engine).keys())),
    takePeak: ledger.takePeak,
    stop: () => {
      undo.forEach((unwrap) => unwrap());
      watching = false;
    },
  };
  undo.push(...watchKernels(engine, ledger), ...watchScopes(engine, listener(watch)));
  return watch;
}

function variablesOf({ state }: Engine): Map<object, number> {
  const variables = Object.values(state.registeredVariables);
  return new Map(variables.map((variable) => [variable.dataId, bytesOf(variable)]));
}

function bytesOf({ size, dtype }: tf.Tensor): number {
  return dtype === "string" ? 0 : size * tf.util.bytesPerElement(dtype);
}

/**
 * Enters what is made and freed, by the name of the outermost kernel that runs; a copy by that of what it
 * copies (stock `wasm` copies what other engines share).
 */
function watchKernels(engine: Engine, ledger: BufferLedger): (() => void)[] {
  const running: { readonly name: string; readonly input: tf.Tensor | undefined }[] = [];
  const enter = (tensor: tf.Tensor): void => {
    const kernel = running.at(-1);
    const shares = tf.getBackend() === "tensorflow" && SHARING.has(kernel?.name ?? "");
    if (shares && kernel?.input?.size === tensor.size) {
      ledger.share(tensor.dataId, kernel.input.dataId);
    } else {
      const copied = kernel?.name === "Identity" ? kernel.input : undefined;
      const maker = copied && ledger.operationOf(copied.dataId);
      ledger.add(tensor.dataId, bytesOf(tensor), maker ?? running[0]?.name ?? "data");
    }
  };
  return [
    wrap(engine, "runKernel", (own) => (name, inputs, attributes) => {
      running.push({ name, input: Object.values(inputs)[0] });
      try {
        return own(name, inputs, attributes);
      } finally {
        running.pop();
      }
    }),
    wrap(engine, "trackTensor", (own) => (tensor, backend) => {
      const known = engine.state.tensorInfo.has(tensor.dataId);
      own(tensor, backend);
      if (!known) enter(tensor);
    }),
    wrap(engine, "removeDataId", (own) => (dataId, backend) => {
      own(dataId, backend);
      ledger.remove(dataId);
    }),
  ];
}

/** Backward passes by the name of their scope; one that is recorded itself belongs to a forward pass. */
function watchScopes(engine: Engine, listener: BackwardListener): (() => void)[] {
  const open: boolean[] = [];
  return [
    wrap(engine, "startScope", (own) => (name) => {
      const backward = name === "backward" && engine.state.gradientDepth === 0;
      if (backward && !open.includes(true)) listener.begins();
      open.push(backward);
      own(name);
    }),
    wrap(engine, "endScope", (own) => (result) => {
      const backward = open.pop() === true;
      if (backward && !open.includes(true)) listener.ends();
      own(result);
    }),
  ];
}

/** Puts a method of its own on the engine, around that of its class; gives what takes it away. */
function wrap<
  Name extends "runKernel" | "trackTensor" | "removeDataId" | "startScope" | "endScope",
>(engine: Engine, name: Name, around: (own: Engine[Name]) => Engine[Name]): () => void {
  const own = engine[name].bind(engine) as Engine[Name];
  engine[name] = around(own);
  return () => {
    delete (engine as Partial<Engine>)[name];
  };
}
