// What JavaScript sees of the processes that compute together: `native-collectives.ts` has the signatures.
#pragma once
#include <node_api.h>

namespace dira {

void define_collectives(napi_env env, napi_value exports);

}  // namespace dira
