// Values of tensors in JavaScript's memory.
#pragma once
#include <node_api.h>

namespace dira {

/// Adds `read`, `fetch` and `take`.
void define_reading(napi_env env, napi_value exports);

}  // namespace dira
