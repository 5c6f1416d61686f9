import type { TensorInfo } from "@tensorflow/tfjs";
import { forwardPass, inputPasses, type Pass } from "./conv-passes.ts";
import type { ConvGeometry } from "./geometry.ts";
import { kernelsOf, pointerTo, type WasmBackend, withScratch } from "./wasm-module.ts";

// As in native/gather-gemm.h and native/outer-gemm.h.
const [ROWS, COLUMNS, PIXELS, INPUTS] = [4, 8, 256, 4];
const BYTES = 4;
/** What of x is packed at a time, in words: about a quarter of a core's second cache. */
const BLOCK_WORDS = 2 ** 16;

/** Where values begin, in bytes. */
type Pointer = number;

/** `y[n, o, c'] = Σ_{k, c} x[n, o·stride + k·dilation − padding, c] · filter[k, c, c']`. */
export function convolve(
  backend: WasmBackend,
  x: TensorInfo,
  filter: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const y = backend.makeOutput([g.images, ...g.output, g.outChannels], "float32");
  gatherProduct(backend, [x, filter, y].map((t) => pointerTo(backend, t)) as Three, g);
  return y;
}

/** The gradient of {@link convolve} by x: a transposed convolution. */
export function convolveInputGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const dx = backend.makeOutput([g.images, ...g.input, g.channels], "float32");
  gatherProduct(backend, [dy, filter, dx].map((t) => pointerTo(backend, t)) as Three, g, true);
  return dx;
}

/** The gradient of {@link convolve} by the filter. */
export function convolveFilterGradient(
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const dw = backend.makeOutput([...g.kernel, g.channels, g.outChannels], "float32");
  outerProduct(backend, [x, dy, dw].map((t) => pointerTo(backend, t)) as Three, g);
  return dw;
}

type Three = [Pointer, Pointer, Pointer];

/** x, filter → y; or, as the adjoint, dy, filter → dx. */
export function gatherProduct(
  backend: WasmBackend,
  [from, filter, to]: Three,
  g: ConvGeometry,
  adjoint = false,
): void {
  const kernels = kernelsOf(backend);
  const passes = adjoint ? inputPasses(g) : [forwardPass(g)];
  const [channels, out] = adjoint ? [g.outChannels, g.channels] : [g.channels, g.outChannels];
  const taps = g.kernel.reduce((a, b) => a * b, 1);
  const longest = Math.max(...passes.map(({ table }) => table.length));
  const words = ROWS * (1 + taps * channels);
  const tiles = Math.max(1, Math.floor(BLOCK_WORDS / words));
  const sizes = [longest, taps * channels * roundUp(out, COLUMNS), channels, tiles * words];
  withScratch(backend, BYTES * total(sizes), (at) => {
    const [table, packed, zeros, scratch] = places(at, sizes);
    wordsAt(backend, zeros, channels).fill(0);
    kernels.pack_filter(filter, taps, channels, out, adjoint ? 1 : 0, packed);
    for (const pass of passes) {
      writeTable(backend, table, pass);
      kernels.gather_gemm(table, from, packed, taps, tiles, zeros, to, scratch);
    }
  });
}

/** x, dy → dw. */
export function outerProduct(backend: WasmBackend, [x, dy, dw]: Three, g: ConvGeometry): void {
  const { channels, outChannels } = g;
  const pass = forwardPass(g);
  const seen = channels < INPUTS ? channels * pass.taps : channels;
  const panels = roundUp(seen, INPUTS) + INPUTS + roundUp(outChannels, COLUMNS);
  const sizes = [pass.table.length, channels, PIXELS * (1 + panels)];
  const kernels = kernelsOf(backend);
  withScratch(backend, BYTES * total(sizes), (at) => {
    const [table, zeros, scratch] = places(at, sizes);
    writeTable(backend, table, pass);
    wordsAt(backend, zeros, channels).fill(0);
    wordsAt(backend, dw, pass.taps * channels * outChannels).fill(0);
    kernels.outer_gemm(table, x, dy, zeros, dw, scratch);
  });
}

function writeTable({ wasm }: WasmBackend, at: number, { table }: Pass): void {
  new Int32Array(wasm.HEAPU8.buffer, at, table.length).set(table);
}

function wordsAt({ wasm }: WasmBackend, at: number, count: number): Float32Array {
  return new Float32Array(wasm.HEAPU8.buffer, at, count);
}

/** Where pieces of these numbers of words begin that lie one after another. */
function places(at: number, sizes: readonly number[]): [number, number, number, number] {
  let next = at;
  return sizes.map((size) => (next += BYTES * size) - BYTES * size) as [
    number,
    number,
    number,
    number,
  ];
}

const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);
const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;
