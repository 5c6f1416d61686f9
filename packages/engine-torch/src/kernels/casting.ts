// Other types of the same values.
import type { TensorInfo } from "@tensorflow/tfjs";
import { aten } from "../aten.ts";
import type { TorchBackend } from "../backend.ts";
import { define, type Operand } from "../kernel.ts";
import { SCALAR, type TensorType } from "../scalar-types.ts";
import { forStrings } from "../strings.ts";

const real = aten("real");
const to = aten("to.dtype");

/** An operand as float32, which some of ATen's operators take alone. */
export function inFloat(x: Operand): Operand {
  return x.dtype === "float32" ? x : { ...x, slot: to(x.slot, SCALAR.float32), dtype: "float32" };
}

// Of complex numbers the real part.
define<{ readonly dtype: TensorType }>("Cast", ({ x }, { dtype }) => {
  const drops = x.dtype === "complex64" && dtype !== "complex64";
  return to(drops ? real(x.slot) : x.slot, SCALAR[dtype]);
});

// TensorFlow.js only asks for strings of strings.
forStrings("Cast", ({ inputs, backend }) => {
  const x = inputs["x"] as TensorInfo;
  (backend as unknown as TorchBackend).incRef(x.dataId);
  return { ...x };
});
