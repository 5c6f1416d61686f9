import type { TensorInfo } from "@tensorflow/tfjs";
import { kernelsOf, pointerTo, type WasmBackend, withScratch } from "./wasm-module.ts";

/**
 * `y = scale · (x − mean) / √(variance + ε) + offset` per channel over all other axes.
 *
 * @returns y, the mean, the unbiased variance, and three for the gradient: the mean, `1 / √(variance + ε)` and
 *   what single precision loses of the mean.
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
  const perChannel = [0, 1, 2, 3, 4].map(() => backend.makeOutput([channels], "float32"));
  const [mean, variance, kept, inverse, rest] = perChannel as Five<TensorInfo>;
  const at = (t: TensorInfo): number => pointerTo(backend, t);
  withScratch(backend, 24 * channels, (scratch) => {
    const inputs = [x, scale, offset].map(at) as [number, number, number];
    const outputs = [y, mean, variance, inverse, rest].map(at) as Five<number>;
    kernelsOf(backend).batch_norm(...inputs, rows, channels, epsilon, ...outputs, scratch);
    backend.wasm.HEAPU8.copyWithin(at(kept), at(mean), at(mean) + 4 * channels);
  });
  return [y, mean, variance, kept, inverse, rest];
}

type Five<T> = [T, T, T, T, T];
type Six<T> = [T, T, T, T, T, T];

/** The gradients of {@link batchNorm} by x, scale and offset. */
export function batchNormGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  x: TensorInfo,
  scale: TensorInfo,
  [mean, inverse, rest]: readonly [TensorInfo, TensorInfo, TensorInfo],
): TensorInfo[] {
  const [rows, channels] = table(x);
  const dx = backend.makeOutput(x.shape, "float32");
  const [dscale, doffset] = [0, 1].map(() => backend.makeOutput([channels], "float32"));
  const outputs = [dx, dscale, doffset] as [TensorInfo, TensorInfo, TensorInfo];
  const at = (t: TensorInfo): number => pointerTo(backend, t);
  withScratch(backend, 32 * channels, (scratch) => {
    const sources = [dy, x, scale, mean, inverse, rest].map(at) as Six<number>;
    const made = outputs.map(at) as [number, number, number];
    kernelsOf(backend).batch_norm_gradient(...sources, rows, channels, ...made, scratch);
  });
  return outputs;
}

function table({ shape }: TensorInfo): [rows: number, channels: number] {
  const channels = shape[shape.length - 1] ?? 1;
  return [shape.reduce((a, b) => a * b, 1) / channels, channels];
}
