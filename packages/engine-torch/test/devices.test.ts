// That no kernel makes a tensor beside the device in use, which a GPU would refuse to mix with its own. Seen without one on
// LibTorch's `meta` device: it computes shapes and holds no values, so a tensor that can be read is elsewhere.
import { conv } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addon, type Argument, type OperatorHandle, type Result, type Slot } from "../src/addon.ts";
import "../src/index.ts";
import { useDevice } from "../src/settings.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`Tests of the torch engine's devices are skipped: ${why}`);

/** What LibTorch has no shape inference for, in C++; the kernel ends there. */
const NOT_INFERRED =
  /Meta kernel|_overrideable|[Mm]eta tensor|Could not run .* from the 'Meta' backend/;

type Run = () => tf.Tensor | tf.Tensor[] | void;

const image = (): tf.Tensor4D => tf.ones([2, 6, 6, 4]);
const volume = (): tf.Tensor5D => tf.ones([1, 4, 4, 4, 2]);
const ints = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");
const kernel = (name: string, inputs: () => object, attributes: object): Run => {
  return () => tf.engine().runKernel(name, inputs() as tf.NamedTensorMap, attributes as never);
};

/** Kernels that make tensors on the way: constants, ranges, margins, places, running averages. */
const kernels = (): Record<string, Run> => ({
  add: () => tf.add(image(), 1),
  argMax: () => tf.argMax(image(), 3),
  avgPool: () => tf.avgPool(image(), 3, 2, "same"),
  avgPool3d: () => tf.avgPool3d(volume(), 2, 1, "same"),
  batchNorm: () => tf.batchNorm(image(), ints(1, 2, 3, 4), tf.ones([4]), tf.ones([4])),
  batchToSpace: () => tf.batchToSpaceND(tf.ones([4, 2, 2, 1]), [2, 2], [[0, 0], [0, 0]]), // prettier-ignore
  cast: () => tf.cast(image(), "int32"),
  concat: () => tf.concat([image(), image()], 3),
  conv: () => conv(image(), tf.ones([3, 3, 4, 2]), { padding: 1 }),
  cropAndResize: () => tf.image.cropAndResize(image(), tf.tensor2d([[0, 0, 1, 1]]), ints(0), [3, 3]), // prettier-ignore
  cumsum: () => tf.cumsum(image(), 1, true, true),
  denseBincount: () => tf.denseBincount(ints(1, 2, 2), tf.ones([3]), 4),
  depthToSpace: () => tf.depthToSpace(image(), 2),
  dilation2d: () => tf.dilation2d(image(), tf.ones([2, 2, 4]), 1, "same"),
  einsum: () => tf.einsum("ij,jk->ik", tf.ones([2, 3]), tf.ones([3, 2])),
  fill: () => tf.mul(tf.fill([2, 2], 3), tf.ones([2, 2])),
  gather: () => tf.gather(image(), ints(0, 1), 1),
  gatherND: () => tf.gatherND(image(), tf.tensor2d([[0, 1]], [1, 2], "int32")),
  linspace: () => tf.mul(tf.linspace(0, 1, 3), tf.ones([3])),
  matMul: () => tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])),
  maxPoolWithArgmax: () => tf.maxPoolWithArgmax(image(), 2, 1, "same", true).indexes,
  mirrorPad: () => tf.mirrorPad(image(), [[0, 0], [1, 1], [1, 1], [0, 0]], "reflect"), // prettier-ignore
  multinomial: () => tf.multinomial(tf.ones([2, 3]) as tf.Tensor2D, 4, 1),
  oneHot: () => tf.oneHot(ints(0, 2), 3),
  pad: () => tf.pad(image(), [[0, 0], [1, 2], [0, 1], [0, 0]], 2), // prettier-ignore
  range: () => tf.add(tf.range(0, 4, 1, "int32"), ints(1, 1, 1, 1)),
  resizeBilinear: () => tf.image.resizeBilinear(image(), [9, 4]),
  resizeNearest: () => tf.image.resizeNearestNeighbor(image(), [9, 4]),
  rotate: () => tf.image.rotateWithOffset(image(), 0.3, 1, 0.5),
  scatterND: () => tf.scatterND(tf.tensor2d([[1], [2]], [2, 1], "int32"), tf.ones([2, 3]), [4, 3]),
  searchSorted: () => tf.searchSorted(tf.ones([4]) as tf.Tensor1D, tf.ones([2]) as tf.Tensor1D),
  softmax: () => tf.softmax(image()),
  spaceToBatch: () => tf.spaceToBatchND(image(), [2, 2], [[0, 0], [0, 0]]), // prettier-ignore
  split: () => tf.split(image(), 2, 3),
  stridedSlice: () => tf.stridedSlice(image(), [0, 1, 1, 0], [2, 6, 6, 4], [1, 2, 2, 1]),
  topk: () => tf.topk(image(), 2).indices,
  transform: () => tf.image.transform(image(), tf.tensor2d([[1, 0, 1, 0, 1, 2, 0, 0]]), "nearest"),
  unsortedSegmentSum: () => tf.unsortedSegmentSum(image(), ints(0, 1), 3),
  where: () => tf.where(tf.greater(image(), 1), image(), tf.zerosLike(image())),
  DiraBatchNorm: kernel("DiraBatchNorm", () => ({ x: image(), scale: tf.ones([4]), offset: tf.ones([4]) }), { epsilon: 1e-5 }), // prettier-ignore
  DiraEuclideanNorm: kernel("DiraEuclideanNorm", () => ({ x: image() }), {}),
  DiraMaxPool2d: kernel("DiraMaxPool2d", () => ({ x: image() }), { size: [3, 3], stride: [2, 2], padding: [1, 1] }), // prettier-ignore
  DiraPointwise: kernel("DiraPointwise", () => ({ x: image(), filter: tf.ones([1, 1, 4, 2]) }), {}),
  "DiraPointwise of volumes": kernel("DiraPointwise", () => ({ x: volume(), filter: tf.ones([1, 1, 1, 2, 3]) }), {}), // prettier-ignore
  DiraPointwiseFilterGrad: kernel("DiraPointwiseFilterGrad", () => ({ x: image(), dy: image() }), { shape: [1, 1, 4, 4] }), // prettier-ignore
});

describe.skipIf(why !== undefined)("the torch engine on another device than the CPU", () => {
  /** Operators that gave a tensor whose values can be read. */
  const elsewhere: string[] = [];
  const operators = new Map<OperatorHandle, string>();
  /** How many kernels came to their end. */
  let ended = 0;

  beforeAll(async () => {
    const { call, open, read, describe: sizesOf } = addon();
    Object.assign(addon(), {
      open: (name: string): OperatorHandle => {
        const handle = open(name);
        operators.set(handle, name);
        return handle;
      },
      call: (operator: OperatorHandle, ...given: Argument[]): Result => {
        const result = call(operator, ...given);
        for (const slot of [result].flat(2) as (Slot | null)[]) {
          if (slot === null || sizesOf(slot).slice(1).includes(0)) continue;
          if (isReadable(() => read(slot)))
            elsewhere.push(operators.get(operator) ?? "an operator that was opened before");
        }
        return result;
      },
    });
    useDevice("meta");
    await tf.setBackend("torch");
  });
  afterAll(() => {
    useDevice("cpu");
  });

  function isReadable(read: () => void): boolean {
    try {
      read();
      return true;
    } catch {
      return false;
    }
  }

  it("notices a tensor that is on the CPU", () => {
    const zeros = addon().open("zeros");
    addon().call(zeros, [2], undefined, undefined, "cpu");
    expect(elsewhere.splice(0)).toEqual(["zeros"]);
  });

  it.each(Object.entries(kernels()))("%s", (_, run) => {
    try {
      tf.dispose(run() as tf.Tensor);
      ended += 1;
    } catch (error) {
      expect((error as Error).message).toMatch(NOT_INFERRED);
    }
    expect(elsewhere.splice(0)).toEqual([]);
  });

  it("of most kernels LibTorch infers the shapes to their end", () => {
    expect(ended).toBeGreaterThan(Object.keys(kernels()).length / 2);
  });
});
