import * as tf from "@tensorflow/tfjs";
import { fallBack, type Kernels } from "./kernel.ts";
import { channelsLast } from "./attributes.ts";
import { sharedKernels } from "./shared-kernels.ts";
import { maxPool, maxPoolGradient } from "./max-pool.ts";
import { type CpuBackend, cpuStorage } from "./storage.ts";

/** Those that the cpu engine gets. */
export function cpuKernels(): Kernels {
  return {
    ...sharedKernels(cpuStorage, {
      maxPool: (backend, ...call) => maxPool(cpuStorage(backend as CpuBackend), ...call),
      maxPoolGradient: (backend, ...call) =>
        maxPoolGradient(cpuStorage(backend as CpuBackend), ...call),
    }),
    /** Its own goes scalar by scalar, tens of times slower than the 3D kernel, which serves images of depth 1. */
    Conv2DBackpropFilter: (call, stock) => {
      const { strides, pad, filterShape } = call.attrs as Record<string, unknown>;
      const deep = tf.getKernel("Conv3DBackpropFilterV2", "cpu")?.kernelFunc;
      if (!channelsLast(call.attrs) || deep === undefined || typeof pad !== "string") {
        return fallBack("conv2d", call, stock);
      }
      const inputs = Object.fromEntries(
        Object.entries(call.inputs).map(
          ([
            name,
            {
              shape: [n = 0, ...rest],
              dataId,
              dtype,
            },
          ]) => {
            return [name, { dataId, dtype, shape: [n, 1, ...rest] }];
          },
        ),
      );
      const attrs = {
        strides: [1, ...pairOf(strides)],
        pad,
        filterShape: [1, ...(filterShape as number[])],
      };
      const made = deep({ inputs, attrs, backend: call.backend } as object as Parameters<
        typeof deep
      >[0]);
      return { ...(made as tf.TensorInfo), shape: filterShape as number[] };
    },
  };
}

const pairOf = (strides: unknown): number[] =>
  typeof strides === "number" ? [strides, strides] : (strides as number[]);
