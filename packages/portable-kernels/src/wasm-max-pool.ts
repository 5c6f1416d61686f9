import type { TensorInfo } from "@tensorflow/tfjs";
import { forwardPass } from "./conv-passes.ts";
import type { ConvGeometry } from "./geometry.ts";
import { kernelsOf, pointerTo, type WasmBackend, withScratch } from "./wasm-module.ts";

/** Maximum over windows; what lies outside never wins, a NaN always does. */
export function wasmMaxPool(backend: WasmBackend, x: TensorInfo, g: ConvGeometry): TensorInfo {
  const y = backend.makeOutput([g.images, ...g.output, g.channels], "float32");
  withPass(backend, g, (pass, scratch) => {
    const [from, to] = [pointerTo(backend, x), pointerTo(backend, y)];
    kernelsOf(backend).max_pool(pass, from, to, scratch);
  });
  return y;
}

/** Each window's gradient goes to its maximum, of equal ones the first. */
export function wasmMaxPoolGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  x: TensorInfo,
  g: ConvGeometry,
): TensorInfo {
  const dx = backend.makeOutput(x.shape, "float32");
  withPass(backend, g, (pass, scratch) => {
    const [from, by, to] = [x, dy, dx].map((t) => pointerTo(backend, t)) as [
      number,
      number,
      number,
    ];
    backend.wasm.HEAPU8.fill(0, to, to + 4 * x.shape.reduce((a, b) => a * b, 1));
    kernelsOf(backend).max_pool_gradient(pass, from, by, to, scratch);
  });
  return dx;
}

/** With the table of a pooling's windows, and scratch with a word for each tap. */
function withPass(
  backend: WasmBackend,
  g: ConvGeometry,
  f: (pass: number, scratch: number) => void,
): void {
  const { table, taps } = forwardPass(g);
  withScratch(backend, 4 * (table.length + taps), (at) => {
    new Int32Array(backend.wasm.HEAPU8.buffer, at, table.length).set(table);
    f(at, at + 4 * table.length);
  });
}
