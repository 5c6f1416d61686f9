// `native/build.mjs` compiles this into `src/module.ts`.
#include "batch-norm.h"
#include "outer-gemm.h"
