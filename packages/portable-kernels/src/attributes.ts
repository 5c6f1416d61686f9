import { backend_util, type TensorInfo } from "@tensorflow/tfjs";
import { type ConvGeometry, geometryOf } from "./geometry.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** Whether a stock kernel is asked for channels last. */
export function channelsLast({ dataFormat = "NHWC" }: Attributes): boolean {
  return dataFormat === "NHWC" || dataFormat === "NDHWC" || dataFormat === "channelsLast";
}

/** Of a stock convolution, by its attributes in TensorFlow.js's names. */
export function convGeometry(
  shape: readonly number[],
  filterShape: readonly number[],
  attributes: Attributes,
  depthwise = false,
): ConvGeometry {
  const { strides, dilations = 1, pad, dimRoundingMode } = attributes;
  if (shape.length === 5) {
    return geometryOf(
      backend_util.computeConv3DInfo(
        shape as Five,
        filterShape as Five,
        strides as number,
        dilations as number,
        pad as "same",
      ),
    );
  }
  return geometryOf(
    backend_util.computeConv2DInfo(
      shape as Four,
      filterShape as Four,
      strides as number,
      dilations as number,
      pad as "same",
      dimRoundingMode as undefined,
      depthwise,
    ),
  );
}

/** Of a stock pool. */
export function poolGeometry(shape: readonly number[], attributes: Attributes): ConvGeometry {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const compute =
    shape.length === 5 ? backend_util.computePool3DInfo : backend_util.computePool2DInfo;
  return geometryOf(
    (compute as typeof backend_util.computePool2DInfo)(
      shape as Four,
      filterSize as number,
      strides as number,
      1,
      pad as "same",
      dimRoundingMode as undefined,
    ),
  );
}

/** Of our own convolutions, `{ stride, padding }`. */
export function paddedGeometry(
  shape: readonly number[],
  filterShape: readonly number[],
  attributes: Attributes,
): ConvGeometry {
  const { stride, padding } = attributes as {
    stride: readonly number[];
    padding: readonly number[];
  };
  const kernel = filterShape.slice(0, -2);
  const [channels = 1, outChannels = 1] = filterShape.slice(-2);
  return { ...slide(shape, kernel, stride, padding), channels, outChannels };
}

/** Of our own pools, `{ size, stride, padding }`. */
export function paddedPool({ shape }: TensorInfo, attributes: Attributes): ConvGeometry {
  const { size, stride, padding } = attributes as Record<"size" | "stride" | "padding", number[]>;
  const channels = shape[shape.length - 1] ?? 1;
  return {
    ...slide(shape, size ?? [], stride ?? [], padding ?? []),
    channels,
    outChannels: channels,
  };
}

function slide(
  shape: readonly number[],
  kernel: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
): Omit<ConvGeometry, "channels" | "outChannels"> {
  const input = shape.slice(1, -1);
  const output = input.map((size, axis) => {
    const room = size + 2 * (padding[axis] ?? 0) - (kernel[axis] ?? 1);
    return Math.floor(room / (stride[axis] ?? 1)) + 1;
  });
  const dilation = kernel.map(() => 1);
  return { images: shape[0] ?? 0, input, output, kernel, stride, padding, dilation };
}

type Four = [number, number, number, number];
type Five = [number, number, number, number, number];
