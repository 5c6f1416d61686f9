import * as tf from "@tensorflow/tfjs";
import type { TorchBackend } from "./backend.ts";
import { BACKEND } from "./kernel.ts";

/** Lets a kernel that was defined for numbers do something else for strings, which stay in JavaScript. */
export function forStrings(kernelName: string, ofStrings: tf.KernelFunc): void {
  const ofNumbers = kernelOf(kernelName);
  tf.unregisterKernel(kernelName, BACKEND);
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: (given) => (isOfStrings(given) ? ofStrings(given) : ofNumbers(given)),
  });
}

/**
 * Lets a kernel that only moves values about move strings as well: it moves their positions in a list. Zeros that it
 * fills places with become empty strings.
 */
export function movesStrings(kernelName: string): void {
  const kernel = kernelOf(kernelName);
  forStrings(kernelName, ({ inputs, attrs, backend }) => {
    const torch = backend as unknown as TorchBackend;
    const words = new Words(torch);
    try {
      const moved = kernel({ inputs: words.toPositions(inputs), attrs: attrs ?? {}, backend });
      return Array.isArray(moved) ? moved.map((one) => words.at(one)) : words.at(moved);
    } finally {
      words.dispose();
    }
  });
}

/** The strings of a kernel's inputs; the first is empty. */
class Words {
  private readonly words: Uint8Array[] = [new Uint8Array()];
  private readonly made: tf.TensorInfo[] = [];
  private readonly torch: TorchBackend;

  constructor(torch: TorchBackend) {
    this.torch = torch;
  }

  /** The same inputs with strings' positions in their place. */
  toPositions(inputs: tf.NamedTensorInfoMap): tf.NamedTensorInfoMap {
    const entries = Object.entries(inputs as Record<string, tf.TensorInfo>);
    return Object.fromEntries(
      entries.map(([name, x]) => [name, x.dtype === "string" ? this.add(x) : x]),
    );
  }

  private add({ dataId, shape }: tf.TensorInfo): tf.TensorInfo {
    const first = this.words.length;
    const strings = this.torch.readSync(dataId) as Uint8Array[];
    for (const word of strings) this.words.push(word);
    const positions = Int32Array.from(strings, (_, i) => first + i);
    const info = { dataId: this.torch.write(positions, shape, "int32"), shape, dtype: "int32" };
    this.made.push(info as tf.TensorInfo);
    return info as tf.TensorInfo;
  }

  /** The strings at positions, which are disposed of. */
  at({ dataId, shape }: tf.TensorInfo): tf.TensorInfo {
    const positions = this.torch.readSync(dataId) as Int32Array;
    const strings = Array.from(positions, (position) => this.words[position] as Uint8Array);
    this.torch.disposeData(dataId);
    return this.torch.ownStrings(strings, shape);
  }

  dispose(): void {
    for (const { dataId } of this.made) this.torch.disposeData(dataId);
  }
}

function kernelOf(kernelName: string): tf.KernelFunc {
  const kernel = tf.getKernel(kernelName, BACKEND) as tf.KernelConfig | undefined;
  if (kernel === undefined) throw new Error(`Kernel ${kernelName} is not defined yet.`);
  return kernel.kernelFunc;
}

function isOfStrings({ inputs, attrs }: Parameters<tf.KernelFunc>[0]): boolean {
  if (attrs?.["dtype"] === "string") return true;
  const given = Object.values(inputs) as (tf.TensorInfo | undefined)[];
  return given.some((x) => x?.dtype === "string");
}
