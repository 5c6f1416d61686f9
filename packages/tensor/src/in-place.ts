import * as tf from "@tensorflow/tfjs";
import { tensorFlowOp } from "./tensor-flow-op.ts";

/** The part of tfjs-node's engine that runs any TensorFlow operation on tensors by their ids. */
interface TensorFlowBackend {
  readonly binding: Readonly<
    Record<
      | "TF_ATTR_TYPE"
      | "TF_ATTR_INT"
      | "TF_ATTR_BOOL"
      | "TF_ATTR_STRING"
      | "TF_ATTR_SHAPE"
      | "TF_FLOAT"
      | "TF_INT32",
      number
    >
  > & {
    executeOp(
      name: string,
      attributes: readonly object[],
      ids: readonly number[],
      outputs: number,
    ): { readonly id: number }[];
    deleteTensor(id: number): void;
  };
  readonly tensorMap: { get(data: tf.DataId): Cell };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
}

/** Something that holds a tensor of TensorFlow by its id: a TF.js tensor's data, or a temporary. */
export interface Cell {
  id: number;
}

/** TensorFlow's operations on cells, within {@link updateInPlace}. */
export interface InPlace {
  /** A tensor's data. */
  cell(tensor: tf.TensorInfo): Cell;
  /** The id of a float32 scalar; freed at the end. */
  scalar(value: number): number;
  /** Runs a float32 operation; its outputs are the caller's to free. */
  execute(
    name: string,
    ids: readonly number[],
    options?: { readonly outputs?: number; readonly attributes?: readonly object[] },
  ): number[];
  /** Puts the operation's output in the cell, whose tensor is freed. */
  replace(cell: Cell, name: string, ids: readonly number[]): void;
  /**
   * Lets `change` write to the cells' memory through resource handles, as TensorFlow's
   * `ResourceApply…` operations do. Memory that somebody else reads too is copied first.
   */
  write(cells: readonly Cell[], change: (handles: readonly number[]) => void): void;
  free(ids: readonly number[]): void;
}

/** TensorFlow's name for a resource that goes when its handle does. */
const ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/**
 * Runs `work` with operations that change the data of existing tensors: for updates of variables that
 * would otherwise write every value into new memory. Only for the `tensorflow` engine.
 *
 * TensorFlow itself guards shared memory: a buffer that another tensor, a slice or a typed array of
 * JavaScript's refers to is copied before it is written.
 */
export function updateInPlace(work: (inPlace: InPlace) => void): void {
  const engine = tf.backend() as unknown as TensorFlowBackend;
  const { binding } = engine;
  const type = { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const dtype = { ...type, name: "dtype" };
  const [scalars, handles]: [tf.Scalar[], number[]] = [[], []];
  const handle = (index: number): number => (handles[index] ??= createHandle(binding, dtype));
  const execute: InPlace["execute"] = (name, ids, { outputs = 1, attributes = [] } = {}) =>
    binding.executeOp(name, [type, ...attributes], ids, outputs).map(({ id }) => id);
  try {
    work({
      cell: (tensor) => {
        engine.getInputTensorIds([tensor]);
        return engine.tensorMap.get(tensor.dataId);
      },
      scalar: (value) => {
        const scalar = tf.keep(tf.scalar(value));
        scalars.push(scalar);
        return engine.getInputTensorIds([scalar])[0] as number;
      },
      execute,
      replace: (cell, name, ids) => {
        const [id] = execute(name, ids) as [number];
        binding.deleteTensor(cell.id);
        cell.id = id;
      },
      write: (cells, change) => {
        const own = cells.map((_, i) => handle(i));
        cells.forEach(({ id }, i) => {
          binding.executeOp("AssignVariableOp", [dtype], [own[i] as number, id], 0);
          // Now the resource alone refers to this memory.
          binding.deleteTensor(id);
        });
        try {
          change(own);
        } finally {
          cells.forEach((cell, i) => {
            const [read] = binding.executeOp("ReadVariableOp", [dtype], [own[i] as number], 1);
            cell.id = (read as Cell).id;
          });
        }
      },
      free: (ids) => ids.forEach((id) => binding.deleteTensor(id)),
    });
  } finally {
    tf.dispose(scalars);
    handles.forEach((id) => binding.deleteTensor(id));
  }
}

function createHandle(binding: TensorFlowBackend["binding"], dtype: object): number {
  const text = (name: string, value: string): object => ({
    name,
    type: binding.TF_ATTR_STRING,
    value,
  });
  const shape = { name: "shape", type: binding.TF_ATTR_SHAPE, value: [] };
  const attributes = [dtype, shape, text("container", ""), text("shared_name", ANONYMOUS)];
  const [created] = binding.executeOp("VarHandleOp", attributes, [], 1);
  return (created as Cell).id;
}

/**
 * Gives each variable data of its own where it shares them with another tensor (`a.assign(b)` makes
 * both one), so that an update in place changes nothing else.
 */
export function ownData(variables: readonly tf.Variable[]): void {
  const backend = tf.backend();
  for (const variable of variables) {
    if (backend.refCount(variable.dataId) > 1) tf.tidy(() => variable.assign(copyOf(variable)));
  }
}

/** TensorFlow shares the memory until it is written; elsewhere it is copied here. */
function copyOf(x: tf.Tensor): tf.Tensor {
  if (tf.getBackend() !== "tensorflow") return tf.mul(x, 1);
  return tensorFlowOp("Identity", [x])[0] as tf.Tensor;
}

/** `a + factor · b` in a new tensor, alone in its list. */
export function scaledSum(inPlace: InPlace, a: Cell, factor: number, b: Cell): number[] {
  const scaled = inPlace.execute("Mul", [b.id, factor]);
  const sum = inPlace.execute("AddV2", [a.id, ...scaled]);
  inPlace.free(scaled);
  return sum;
}

/**
 * Calls `change` for each row of tensors, and once for all the rows of vectors, which are joined for
 * it: a network has more norms and biases than convolutions, and each call costs more than they do.
 *
 * @param written - how many of a row's first cells `change` changes.
 */
export function changeRows(
  inPlace: InPlace,
  rows: readonly (readonly tf.TensorInfo[])[],
  written: number,
  change: (row: readonly Cell[]) => void,
): void {
  const isVector = (row: readonly tf.TensorInfo[]): boolean => row[0]?.shape.length === 1;
  const vectors = rows.filter(isVector);
  const single = vectors.length > 1 ? rows.filter((row) => !isVector(row)) : rows;
  for (const row of single) change(row.map((tensor) => inPlace.cell(tensor)));
  if (vectors.length > 1) changeJoined(inPlace, vectors, written, change);
}

function changeJoined(
  inPlace: InPlace,
  vectors: readonly (readonly tf.TensorInfo[])[],
  written: number,
  change: (row: readonly Cell[]) => void,
): void {
  const engine = tf.backend() as unknown as TensorFlowBackend;
  const { TF_ATTR_TYPE, TF_ATTR_INT, TF_INT32 } = engine.binding;
  const index = (name: string): object => ({ name, type: TF_ATTR_TYPE, value: TF_INT32 });
  const count = (name: string): object => ({ name, type: TF_ATTR_INT, value: vectors.length });
  const sizes = tf.tensor1d(
    vectors.map((row) => row[0]?.shape[0] ?? 0),
    "int32",
  );
  const axis = tf.scalar(0, "int32");
  const [sizesId, axisId] = engine.getInputTensorIds([sizes, axis]) as [number, number];
  const cells = vectors.map((row) => row.map((tensor) => inPlace.cell(tensor)));
  const joined = (vectors[0] ?? []).map((_, column): Cell => {
    const ids = cells.map((row) => (row[column] as Cell).id);
    const attributes = [count("N"), index("Tidx")];
    const [id] = inPlace.execute("ConcatV2", [...ids, axisId], { attributes });
    return { id: id as number };
  });
  change(joined);
  joined.slice(0, written).forEach(({ id }, column) => {
    const attributes = [count("num_split"), index("Tlen")];
    const outputs = vectors.length;
    const parts = inPlace.execute("SplitV", [id, sizesId, axisId], { outputs, attributes });
    cells.forEach((row, i) => {
      const cell = row[column] as Cell;
      inPlace.free([cell.id]);
      cell.id = parts[i] as number;
    });
  });
  inPlace.free(joined.map(({ id }) => id));
  tf.dispose([sizes, axis]);
}
