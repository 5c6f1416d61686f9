import type { TensorInfo } from "@tensorflow/tfjs";
import { channelsLast, convGeometry, paddedGeometry, poolGeometry } from "./attributes.ts";
import { batchNorm, batchNormGradient } from "./batch-norm.ts";
import { convolve, convolveFilterGradient, convolveInputGradient } from "./conv.ts";
import { type Call, fallBack, type Kernel, type Kernels } from "./kernel.ts";
import { matMul, type MatMulOptions } from "./mat-mul.ts";
import { wasmMaxPool, wasmMaxPoolGradient } from "./wasm-max-pool.ts";
import { sharedKernels } from "./shared-kernels.ts";
import { wasmStorage } from "./storage.ts";
import type { WasmBackend } from "./wasm-module.ts";

const on = ({ backend }: Call): WasmBackend => backend as WasmBackend;

/** Those that the wasm engine gets, instead of its own or beside them. */
export function wasmKernels(): Kernels {
  const stockNames = ["Conv2D", "Conv3D"].map((name) => [name, conv]);
  return {
    ...sharedKernels(wasmStorage, {
      maxPool: (backend, ...call) => wasmMaxPool(backend as WasmBackend, ...call),
      maxPoolGradient: (backend, ...call) => wasmMaxPoolGradient(backend as WasmBackend, ...call),
    }),
    MaxPool3D: maxPool3d,
    Identity: identity,
    ...Object.fromEntries(stockNames),
    Conv2DBackpropInput: inputGradient,
    Conv3DBackpropInputV2: inputGradient,
    Conv2DBackpropFilter: filterGradient,
    Conv3DBackpropFilterV2: filterGradient,
    DiraConv2d: paddedConv,
    DiraConv3d: paddedConv,
    DiraConv2dInputGrad: paddedInputGradient,
    DiraConv3dInputGrad: paddedInputGradient,
    DiraConv2dFilterGrad: paddedFilterGradient,
    DiraConv3dFilterGrad: paddedFilterGradient,
    DiraBatchNorm: fusedBatchNorm,
    DiraBatchNormGrad: fusedBatchNormGradient,
    BatchMatMul: (call, stock) => {
      const { a, b } = call.inputs as Record<"a" | "b", TensorInfo>;
      if (a.dtype !== "float32" || b.dtype !== "float32") return fallBack("matMul", call, stock);
      return matMul(on(call), a, b, call.attrs as unknown as MatMulOptions);
    },
  };
}

/** Its own takes 0 for the maximum of negative windows. A NaN is passed over, as TensorFlow.js has it. */
const maxPool3d: Kernel = (call) => {
  const { x } = call.inputs as Record<"x", TensorInfo>;
  const [backend, storage] = [on(call), wasmStorage(on(call))];
  const geometry = poolGeometry(x.shape, call.attrs);
  if (!storage.float32(x).some(Number.isNaN)) return wasmMaxPool(backend, x, geometry);
  const numbers = storage.make(x.shape);
  storage.float32(numbers).set(storage.float32(x).map((v) => (Number.isNaN(v) ? -Infinity : v)));
  const made = wasmMaxPool(backend, numbers, geometry);
  backend.disposeData(numbers.dataId as object);
  return made;
};

/** Its own copies, and whatever is kept for a gradient goes through it. */
const identity: Kernel = (call, stock) => {
  const { x } = call.inputs as Record<"x", TensorInfo>;
  if (x.dtype === "string") return fallBack("identity", call, stock);
  on(call).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};

const conv: Kernel = (call, stock) => {
  const { x, filter } = call.inputs as Record<"x" | "filter", TensorInfo>;
  if (!channelsLast(call.attrs)) return fallBack("conv", call, stock);
  return convolve(on(call), x, filter, convGeometry(x.shape, filter.shape, call.attrs));
};

const inputGradient: Kernel = (call, stock) => {
  const { dy, filter } = call.inputs as Record<"dy" | "filter", TensorInfo>;
  const { inputShape } = call.attrs as { inputShape: number[] };
  if (!channelsLast(call.attrs)) return fallBack("conv", call, stock);
  const g = convGeometry(inputShape, filter.shape, call.attrs);
  // A transposed convolution may be handed more than its output can come from.
  const whole = g.output.every((size, axis) => size === dy.shape[axis + 1]);
  return whole
    ? convolveInputGradient(on(call), dy, filter, g)
    : fallBack("conv2dTranspose", call, stock);
};

const filterGradient: Kernel = (call, stock) => {
  const { x, dy } = call.inputs as Record<"x" | "dy", TensorInfo>;
  const { filterShape } = call.attrs as { filterShape: number[] };
  if (!channelsLast(call.attrs)) return fallBack("conv", call, stock);
  return convolveFilterGradient(on(call), x, dy, convGeometry(x.shape, filterShape, call.attrs));
};

const paddedConv: Kernel = (call) => {
  const { x, filter } = call.inputs as Record<"x" | "filter", TensorInfo>;
  return convolve(on(call), x, filter, paddedGeometry(x.shape, filter.shape, call.attrs));
};

const paddedInputGradient: Kernel = (call) => {
  const { dy, filter } = call.inputs as Record<"dy" | "filter", TensorInfo>;
  const { shape } = call.attrs as { shape: number[] };
  const g = paddedGeometry(shape, filter.shape, call.attrs);
  return convolveInputGradient(on(call), dy, filter, g);
};

const paddedFilterGradient: Kernel = (call) => {
  const { x, dy } = call.inputs as Record<"x" | "dy", TensorInfo>;
  const { shape } = call.attrs as { shape: number[] };
  return convolveFilterGradient(on(call), x, dy, paddedGeometry(x.shape, shape, call.attrs));
};

const fusedBatchNorm: Kernel = (call) => {
  const { x, scale, offset } = call.inputs as Record<"x" | "scale" | "offset", TensorInfo>;
  return batchNorm(on(call), x, scale, offset, call.attrs["epsilon"] as number);
};

const fusedBatchNormGradient: Kernel = (call) => {
  const { dy, x, scale, r1, r2, r3 } = call.inputs as Record<string, TensorInfo>;
  const [gradient, input, gamma] = [dy, x, scale] as [TensorInfo, TensorInfo, TensorInfo];
  return batchNormGradient(on(call), gradient, input, gamma, [r1, r2, r3] as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ]);
};
