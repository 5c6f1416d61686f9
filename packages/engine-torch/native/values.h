// JavaScript's values as ATen's, and back.
#pragma once
#include <ATen/core/ivalue.h>
#include <node_api.h>

#include <string>

#include "operators.h"
#include "slots.h"

namespace dira {

napi_value number(napi_env env, double value);
napi_value boolean(napi_env env, bool value);
napi_value text(napi_env env, const std::string& value);
bool is_undefined(napi_env env, napi_value value);
/// Throw c10::Error where the value is something else.
double to_number(napi_env env, napi_value value);
int64_t to_int(napi_env env, napi_value value);
uint32_t to_slot(napi_env env, napi_value value);
std::string to_text(napi_env env, napi_value value);
std::vector<int64_t> to_ints(napi_env env, napi_value value);

/// What a parameter takes, of what JavaScript gave; null is None.
c10::IValue to_ivalue(napi_env env, napi_value value, const Parameter& parameter, const Slots& slots);

}  // namespace dira
