// `npm run build:kernels` compiles this into `src/module.ts`.
#include "batch-norm.h"
#include "max-pool.h"
#include "outer-gemm.h"
