// Complex numbers and Fourier transforms.
import { aten } from "../aten.ts";
import { define, defineOperator } from "../kernel.ts";

const clone = aten("clone");
const imaginary = aten("imag");
const real = aten("real");

defineOperator("Complex", "complex", ["real", "imag"]);
defineOperator("ComplexAbs", "abs", ["x"]);

// Copies, or either part would hold the memory of both.
define("Real", ({ input }) => clone(real(input.slot)));
define("Imag", ({ input }) => clone(imaginary(input.slot)));

defineOperator("FFT", "fft_fft", ["input"]);
defineOperator("IFFT", "fft_ifft", ["input"]);
