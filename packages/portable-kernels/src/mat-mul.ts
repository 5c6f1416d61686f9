import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs";
import type { ConvGeometry } from "./geometry.ts";
import { gatherProduct, outerProduct } from "./conv.ts";
import { pointerTo, type WasmBackend, withScratch } from "./wasm-module.ts";

/** Options of {@link matMul}, as TensorFlow.js names them. */
export interface MatMulOptions {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * `y[…] = a[…] · b[…]` over the last two axes, either transposed: a convolution without spatial axes, its input's
 * gradient (`a · bᵀ`) or its filter's (`aᵀ · b`). Leading axes broadcast.
 */
export function matMul(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: MatMulOptions,
): TensorInfo {
  const [rows, inner] = sizes(a, transposeA);
  const [innerB, columns] = sizes(b, transposeB);
  util.assert(
    a.shape.length > 1 && b.shape.length > 1 && inner === innerB,
    () =>
      `matMul: expected matrices of one inner size, got [${a.shape.join(", ")}]${transposeA ? " transposed" : ""} and [${b.shape.join(", ")}]${transposeB ? " transposed" : ""}.`,
  );
  const batches = [a, b].map(({ shape }) => shape.slice(0, -2)) as [number[], number[]];
  const batch = backend_util.assertAndGetBroadcastShape(...batches);
  const y = backend.makeOutput([...batch, rows, columns], "float32");
  const g = { images: rows, channels: inner, outChannels: columns };
  const [from, by, to] = [a, b, y].map((t) => pointerTo(backend, t)) as [number, number, number];
  const [aAt, bAt] = batches.map((own) => placesIn(own, batch)) as [number[], number[]];
  for (let i = 0; i < product(batch); i += 1) {
    const x = from + 4 * (aAt[i] ?? 0) * rows * inner;
    const filter = by + 4 * (bAt[i] ?? 0) * inner * columns;
    const out = to + 4 * i * rows * columns;
    if (transposeA && transposeB) bothTransposed(backend, [x, filter, out], g);
    else if (transposeA) outerProduct(backend, [x, filter, out], flat(inner, rows, columns));
    else if (transposeB) gatherProduct(backend, [x, filter, out], flat(rows, columns, inner), true);
    else gatherProduct(backend, [x, filter, out], flat(rows, inner, columns));
  }
  return y;
}

/** `aᵀ · bᵀ`: a is turned first. */
function bothTransposed(
  backend: WasmBackend,
  [x, filter, out]: [number, number, number],
  { images: rows, channels: inner, outChannels: columns }: Flat,
): void {
  withScratch(backend, 4 * rows * inner, (turned) => {
    const words = (at: number): Float32Array =>
      new Float32Array(backend.wasm.HEAPU8.buffer, at, rows * inner);
    const [from, to] = [words(x), words(turned)];
    for (let k = 0; k < inner; k += 1) {
      for (let r = 0; r < rows; r += 1) to[r * inner + k] = from[k * rows + r] as number;
    }
    gatherProduct(backend, [turned, filter, out], flat(rows, columns, inner), true);
  });
}

type Flat = Pick<ConvGeometry, "images" | "channels" | "outChannels">;

const NO_AXES = { input: [], output: [], kernel: [], stride: [], padding: [], dilation: [] };

const flat = (images: number, channels: number, outChannels: number): ConvGeometry => ({
  images,
  channels,
  outChannels,
  ...NO_AXES,
});

function sizes({ shape }: TensorInfo, transposed: boolean): [number, number] {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/** Which matrix of `own` leading axes belongs to each of the broadcast ones. */
function placesIn(own: readonly number[], batch: readonly number[]): number[] {
  const padded = [...Array<number>(batch.length - own.length).fill(1), ...own];
  return batch.reduce<number[]>(
    (places, size, axis) =>
      places.flatMap((place) =>
        Array.from({ length: size }, (_, i) => {
          const mine = padded[axis] ?? 1;
          return place * mine + (mine === 1 ? 0 : i);
        }),
      ),
    [0],
  );
}

const product = (sizes: readonly number[]): number => sizes.reduce((x, y) => x * y, 1);
