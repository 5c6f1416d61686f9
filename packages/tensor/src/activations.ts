import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";
import { withoutGradient } from "./detach.ts";
import { type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { tensorFlowOp } from "./tensor-flow-op.ts";

/** y = max(x, 0). Keeps y for its gradient, which the next layer keeps as well. */
const RELU: NativeKernel = {
  name: "DiraRelu",
  run: ({ x }) => tensorFlowOp("Relu", [x as tf.Tensor]),
  gradient: {
    outputs: [true],
    of: (dy, [y]) => ({ x: () => reluGradient(dy, y as tf.Tensor) }),
  },
};

const RELU_GRADIENT: NativeKernel = {
  name: "DiraReluGrad",
  run: ({ dy, y }) => tensorFlowOp("ReluGrad", [dy, y] as tf.Tensor[]),
  gradient: {
    inputs: ["y"],
    of: (ddx, [y]) => ({
      dy: () => reluGradient(ddx, y as tf.Tensor),
      y: () => tf.zerosLike(y as tf.Tensor),
    }),
  },
};

/** Its gradient needs the sign of x only, which for a positive slope is that of y. */
const LEAKY_RELU: NativeKernel = {
  name: "DiraLeakyRelu",
  run: ({ x }, { slope }) => tensorFlowOp("LeakyRelu", [x as tf.Tensor], alpha(slope)),
  gradient: {
    outputs: [true],
    of: (dy, [y], { slope }) => ({
      x: () => runUnary(LEAKY_RELU_GRADIENT, { dy, y: y as tf.Tensor }, { slope }),
    }),
  },
};

const LEAKY_RELU_GRADIENT: NativeKernel = {
  name: "DiraLeakyReluGrad",
  run: ({ dy, y }, { slope }) =>
    tensorFlowOp("LeakyReluGrad", [dy, y] as tf.Tensor[], alpha(slope)),
  gradient: {
    inputs: ["y"],
    of: (ddx, [y], { slope }) => ({
      dy: () => runUnary(LEAKY_RELU_GRADIENT, { dy: ddx, y: y as tf.Tensor }, { slope }),
      y: () => tf.zerosLike(y as tf.Tensor),
    }),
  },
};

const alpha = (slope: unknown): { alpha: { float: number } } => ({
  alpha: { float: slope as number },
});

/**
 * `y = max(x, 0)`, as `torch.nn.functional.relu`; its gradient at 0 is 0. Differentiable twice.
 */
export function relu<T extends tf.Tensor>(x: T): T {
  return offers(RELU, RELU_GRADIENT) ? (runUnary(RELU, { x }) as T) : tf.relu(x);
}

/** `dy` where `y > 0`, else 0: the gradient of {@link relu} from its output. */
export function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return offers(RELU_GRADIENT) ? runUnary(RELU_GRADIENT, { dy, y }) : tf.mul(dy, tf.step(y));
}

/**
 * `y = x` where `x > 0`, else `slope · x`, differentiable twice (TensorFlow.js's own is not).
 *
 * @param slope - @defaultValue 0.2, as in patch critics (PyTorch's own default is 0.01)
 */
export function leakyRelu<T extends tf.Tensor>(x: T, slope = 0.2): T {
  if (slope > 0 && offers(LEAKY_RELU, LEAKY_RELU_GRADIENT)) {
    return runUnary(LEAKY_RELU, { x }, { slope }) as T;
  }
  return withGradient([x], (save) => {
    save([x]);
    const gradient = (dy: tf.Tensor, [saved]: readonly tf.Tensor[]): tf.Tensor[] => {
      const slopes = withoutGradient(() => slopesOf(saved as tf.Tensor, slope));
      return [tf.mul(dy, slopes)];
    };
    return { value: tf.leakyRelu(x, slope) as T, gradient };
  });
}

/** 1 where `x > 0`, else `slope`. */
function slopesOf(x: tf.Tensor, slope: number): tf.Tensor {
  return tf.where(tf.greater(x, 0), tf.onesLike(x), tf.fill(x.shape, slope));
}
