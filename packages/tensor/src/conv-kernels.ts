import * as tf from "@tensorflow/tfjs";
import { withoutIdleStrides } from "./idle-strides.ts";
import { usePortableKernels } from "./native-kernel.ts";

/** How the windows of a convolution lie: explicit padding is added before. */
export interface ConvWindows {
  /** Per spatial axis. */
  readonly stride: readonly number[];
  /** "same" only for stride 1 and odd kernels, where it is symmetric. */
  readonly mode: "same" | "valid";
}

// The three sides of one trilinear form, ⟨conv(x, w), dy⟩: the gradients of each are the other two, so
// gradients of any order follow. The names are our own, so TensorFlow.js's own kernels stay as they are;
// unlike with tf.customGrad, a gradient that nobody asks for is not computed.
const FORWARD = "DiraConv";
const INPUT = "DiraConvInputGradient";
const FILTER = "DiraConvFilterGradient";

/** `y[n, o, c'] = Σ_{k, c} x[n, o·stride + k, c] · filter[k, c, c']`, without padding of its own. */
export function convForward(x: tf.Tensor, filter: tf.Tensor, windows: ConvWindows): tf.Tensor {
  return run(FORWARD, { x, filter }, { ...windows });
}

/** The gradient of {@link convForward} in its input of `shape`: a transposed convolution. */
export function convInputGradient(
  dy: tf.Tensor,
  filter: tf.Tensor,
  shape: readonly number[],
  windows: ConvWindows,
): tf.Tensor {
  return run(INPUT, { dy, filter }, { ...windows, shape });
}

/** The gradient of {@link convForward} in its filter of `shape`. */
export function convFilterGradient(
  x: tf.Tensor,
  dy: tf.Tensor,
  shape: readonly number[],
  windows: ConvWindows,
): tf.Tensor {
  return run(FILTER, { x, dy }, { ...windows, shape });
}

interface Attributes extends ConvWindows {
  /** Of the gradient. */
  readonly shape?: readonly number[];
}

function run(name: string, inputs: Record<string, tf.Tensor>, attributes: Attributes): tf.Tensor {
  const engine = tf.getBackend();
  if (tf.getKernel(name, engine) === undefined) {
    usePortableKernels(engine);
    registerKernels(engine);
  }
  if (tf.getGradient(name) === undefined) registerGradients();
  return tf.engine().runKernel(name, inputs, attributes as object as tf.NamedAttrMap) as tf.Tensor;
}

function registerGradients(): void {
  const register = (
    kernelName: string,
    inputsToSave: readonly [string, string],
    gradient: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, w: ConvWindows) => (() => tf.Tensor)[],
  ): void => {
    const gradFunc: tf.GradFunc = (dy, saved, attributes) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const { stride, mode } = attributes as object as Attributes;
      const [first, second] = gradient(dy as tf.Tensor, a, b, { stride, mode });
      return { [inputsToSave[0]]: first, [inputsToSave[1]]: second } as Record<
        string,
        () => tf.Tensor
      >;
    };
    tf.registerGradient({ kernelName, inputsToSave: [...inputsToSave], gradFunc });
  };
  register(FORWARD, ["x", "filter"], (dy, x, filter, w) => [
    () => convInputGradient(dy, filter, x.shape, w),
    () => convFilterGradient(x, dy, filter.shape, w),
  ]);
  register(INPUT, ["dy", "filter"], (g, dy, filter, w) => [
    () => convForward(g, filter, w),
    () => convFilterGradient(g, dy, filter.shape, w),
  ]);
  register(FILTER, ["x", "dy"], (g, x, dy, w) => [
    () => convInputGradient(dy, g, x.shape, w),
    () => convForward(x, g, w),
  ]);
}

/** TensorFlow.js's own kernels by rank of the image, and their names for the shape. */
const stock = {
  [FORWARD]: { 4: "Conv2D", 5: "Conv3D", shape: "" },
  [INPUT]: { 4: "Conv2DBackpropInput", 5: "Conv3DBackpropInputV2", shape: "inputShape" },
  [FILTER]: { 4: "Conv2DBackpropFilter", 5: "Conv3DBackpropFilterV2", shape: "filterShape" },
} as const;

function registerKernels(backendName: string): void {
  for (const kernelName of [FORWARD, INPUT, FILTER] as const) {
    const kernelFunc: tf.KernelFunc = ({ inputs, attrs, backend }) => {
      const attributes = attrs as object as Attributes;
      const names = stock[kernelName];
      const name = names[attributes.stride.length === 3 ? 5 : 4];
      const kernel = tf.getKernel(name, backendName);
      if (kernel === undefined) throw new Error(`The ${backendName} engine has no ${name} kernel.`);
      const call: Call = (tensors, a) =>
        kernel.kernelFunc({
          inputs: tensors,
          attrs: stockAttributes(a, names.shape),
          backend,
        }) as tf.TensorInfo;
      const tensors = inputs as tf.NamedTensorMap;
      if (backendName !== "tensorflow") return call(inputs, attributes);
      if (kernelName === FORWARD) return withoutIdle(call, tensors, attributes);
      const single = tensors["filter"]?.shape.slice(-2).every((size) => size === 1) ?? false;
      return kernelName === INPUT && single
        ? withTwoChannels(call, tensors, attributes)
        : call(inputs, attributes);
    };
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}

/**
 * oneDNN in TensorFlow 2.21 misreads the kernel of one channel to one channel when it takes the input's
 * gradient, now and then: wrong by tens of percent. A second channel of zeros prevents that.
 */
function withTwoChannels(call: Call, inputs: tf.NamedTensorMap, a: Attributes): tf.TensorInfo {
  return tf.tidy(() => {
    const { dy, filter } = inputs as Record<"dy" | "filter", tf.Tensor>;
    const two = (t: tf.Tensor): tf.Tensor => tf.concat([t, tf.zerosLike(t)], -1);
    return call({ dy: two(dy), filter: two(filter) }, a) as tf.Tensor;
  });
}

function withoutIdle(call: Call, inputs: tf.NamedTensorMap, a: Attributes): tf.TensorInfo {
  const { x, filter } = inputs as Record<"x" | "filter", tf.Tensor>;
  // With "same" padding no axis has a stride.
  const padding = a.stride.map(() => 0);
  return tf.tidy(() => {
    const given = { x, stride: a.stride, padding };
    const { x: seen, stride } = withoutIdleStrides(given, filter.shape.slice(0, -2));
    return call({ x: seen, filter }, { ...a, stride }) as tf.Tensor;
  });
}

/** A stock kernel. */
type Call = (inputs: tf.NamedTensorInfoMap, attributes: Attributes) => tf.TensorInfo;

function stockAttributes({ stride, mode, shape }: Attributes, shapeName: string): tf.NamedAttrMap {
  const attributes = {
    strides: stride,
    pad: mode,
    dataFormat: stride.length === 3 ? "NDHWC" : "NHWC",
    dilations: stride.map(() => 1),
    ...(shape === undefined ? {} : { [shapeName]: shape }),
  };
  return attributes as object as tf.NamedAttrMap;
}
