import { expect, it } from "vitest";
import { registerKernels } from "../src/index.ts";

it("says which engines there are, and that one must be there first", () => {
  expect(() => registerKernels("webgl" as "wasm")).toThrow(
    'registerKernels: expected "wasm" or "cpu", got "webgl".',
  );
  expect(() => registerKernels("wasm")).toThrow(
    'the wasm engine has no kernels of its own yet. Import "@tensorflow/tfjs-backend-wasm" first.',
  );
});
