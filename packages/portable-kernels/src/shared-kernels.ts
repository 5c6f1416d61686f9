import type { TensorInfo } from "@tensorflow/tfjs";
import { channelsLast, convGeometry, paddedPool, poolGeometry } from "./attributes.ts";
import { depthwiseFilterGradient, depthwiseInputGradient } from "./depthwise.ts";
import { type Call, fallBack, type Kernels } from "./kernel.ts";
import type { ConvGeometry } from "./geometry.ts";
import {
  linearShares,
  nearestShares,
  resizeGradient,
  type ResizeOptions,
} from "./resize-gradient.ts";
import { segmentSum } from "./segment-sum.ts";
import type { Storage } from "./storage.ts";

/** How an engine pools. */
interface Pooling {
  readonly maxPool: (backend: unknown, x: TensorInfo, g: ConvGeometry) => TensorInfo;
  readonly maxPoolGradient: (
    backend: unknown,
    dy: TensorInfo,
    x: TensorInfo,
    g: ConvGeometry,
  ) => TensorInfo;
}

/** Kernels in JavaScript, for any engine whose values it can reach; pools are the engine's. */
export function sharedKernels(
  storageOf: (backend: never) => Storage,
  { maxPool, maxPoolGradient }: Pooling,
): Kernels {
  const on = (call: Call): Storage => storageOf(call.backend as never);
  const maxPoolGrad = (call: Call): TensorInfo => {
    const { dy, input } = call.inputs as Record<"dy" | "input", TensorInfo>;
    return maxPoolGradient(call.backend, dy, input, poolGeometry(input.shape, call.attrs));
  };
  const paddedMaxPool = (call: Call): TensorInfo => {
    const { x } = call.inputs as Record<"x", TensorInfo>;
    return maxPool(call.backend, x, paddedPool(x, call.attrs));
  };
  const paddedMaxPoolGrad = (call: Call): TensorInfo => {
    const { x, dy } = call.inputs as Record<"x" | "dy", TensorInfo>;
    return maxPoolGradient(call.backend, dy, x, paddedPool(x, call.attrs));
  };
  const resizeGrad =
    (shares: typeof linearShares) =>
    (call: Call): TensorInfo => {
      const { dy, images } = call.inputs as Record<"dy" | "images", TensorInfo>;
      const { alignCorners = false, halfPixelCenters = false } =
        call.attrs as Partial<ResizeOptions>;
      const options = { alignCorners, halfPixelCenters };
      return resizeGradient(on(call), dy, images.shape, shares, options);
    };
  return {
    MaxPoolGrad: maxPoolGrad,
    MaxPool3DGrad: maxPoolGrad,
    DiraMaxPool2d: paddedMaxPool,
    DiraMaxPool3d: paddedMaxPool,
    DiraMaxPool2dGrad: paddedMaxPoolGrad,
    DiraMaxPool3dGrad: paddedMaxPoolGrad,
    ResizeBilinearGrad: resizeGrad(linearShares),
    ResizeNearestNeighborGrad: resizeGrad(nearestShares),
    UnsortedSegmentSum: (call) => {
      const { x, segmentIds } = call.inputs as Record<"x" | "segmentIds", TensorInfo>;
      return segmentSum(on(call), x, segmentIds, call.attrs["numSegments"] as number);
    },
    DepthwiseConv2dNativeBackpropInput: (call, stock) => {
      const { dy, filter } = call.inputs as Record<"dy" | "filter", TensorInfo>;
      const { inputShape } = call.attrs as { inputShape: number[] };
      if (!channelsLast(call.attrs)) return fallBack("depthwiseConv2d", call, stock);
      const g = convGeometry(inputShape, filter.shape, call.attrs, true);
      return depthwiseInputGradient(on(call), dy, filter, g);
    },
    DepthwiseConv2dNativeBackpropFilter: (call, stock) => {
      const { x, dy } = call.inputs as Record<"x" | "dy", TensorInfo>;
      const { filterShape } = call.attrs as { filterShape: number[] };
      if (!channelsLast(call.attrs)) return fallBack("depthwiseConv2d", call, stock);
      const g = convGeometry(x.shape, filterShape, call.attrs, true);
      return depthwiseFilterGradient(on(call), x, dy, g);
    },
  };
}
