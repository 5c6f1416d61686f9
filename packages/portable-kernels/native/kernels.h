// Types shared by the kernels. They run in the memory of TensorFlow.js's own module: no data of their own.
#pragma once
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name), visibility("default")))
