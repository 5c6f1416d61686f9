// Kernels that @dira/tensor uses wherever an engine offers them.
import "./batch-norm.ts";
import "./convolution.ts";
import "./max-pool.ts";
import "./norm.ts";
import "./pointwise.ts";
import "./updates.ts";
