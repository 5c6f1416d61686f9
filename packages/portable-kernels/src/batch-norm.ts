import type { TensorInfo } from "@tensorflow/tfjs";
import { kernelsOf, pointerTo, type WasmBackend, withScratch } from "./wasm-module.ts";

/**
 * `y = scale · (x − mean) / √(variance + ε) + offset` per channel over all other axes.
 *
 * @returns y, the mean, the unbiased variance, and three for the gradient: the mean, `1 / √(variance + ε)` and
 *   one that is empty, since other engines keep three.
 */
export function batchNorm(
  backend: WasmBackend,
  x: TensorInfo,
  scale: TensorInfo,
  offset: TensorInfo,
  epsilon: number,
): TensorInfo[] {
  const [rows, channels] = table(x);
  const y = backend.makeOutput(x.shape, "float32");
  const perChannel = [0, 1, 2, 3].map(() => backend.makeOutput([channels], "float32"));
  const [mean, variance, kept, inverse] = perChannel as Four<TensorInfo>;
  const at = (t: TensorInfo): number => pointerTo(backend, t);
  withScratch(backend, 16 * channels, (scratch) => {
    const inputs = [x, scale, offset].map(at) as [number, number, number];
    const outputs = [y, mean, variance, inverse].map(at) as Four<number>;
    kernelsOf(backend).batch_norm(...inputs, rows, channels, epsilon, ...outputs, scratch);
    backend.wasm.HEAPU8.copyWithin(at(kept), at(mean), at(mean) + 4 * channels);
  });
  return [y, mean, variance, kept, inverse, backend.makeOutput([0], "float32")];
}

type Four<T> = [T, T, T, T];
type Five<T> = [T, T, T, T, T];

/** The gradients of {@link batchNorm} by x, scale and offset. */
export function batchNormGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  x: TensorInfo,
  scale: TensorInfo,
  [mean, inverse]: readonly [TensorInfo, TensorInfo],
): TensorInfo[] {
  const [rows, channels] = table(x);
  const dx = backend.makeOutput(x.shape, "float32");
  const [dscale, doffset] = [0, 1].map(() => backend.makeOutput([channels], "float32"));
  const outputs = [dx, dscale, doffset] as [TensorInfo, TensorInfo, TensorInfo];
  const at = (t: TensorInfo): number => pointerTo(backend, t);
  withScratch(backend, 32 * channels, (scratch) => {
    const [gradient, input, gamma, m, s] = [dy, x, scale, mean, inverse].map(at) as Five<number>;
    const inputs = [gradient, input, gamma, m, s, rows, channels] as const;
    const made = outputs.map(at) as [number, number, number];
    kernelsOf(backend).batch_norm_gradient(...inputs, ...made, scratch);
  });
  return outputs;
}

function table({ shape }: TensorInfo): [rows: number, channels: number] {
  const channels = shape[shape.length - 1] ?? 1;
  return [shape.reduce((a, b) => a * b, 1) / channels, channels];
}
