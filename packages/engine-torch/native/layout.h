// How tensors lie in memory, where that decides how fast they are.
#pragma once
#include <node_api.h>

namespace dira {

/// Adds `isContiguous`, `arrange`, `align` and `makeAlone` to what JavaScript sees.
void define_layout(napi_env env, napi_value exports);

}  // namespace dira
