// What each JavaScript environment has of LibTorch, and how its methods are called.
#pragma once
#include <c10/core/InferenceMode.h>
#include <node_api.h>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "errors.h"
#include "lane.h"
#include "operators.h"
#include "slots.h"

namespace dira {

constexpr size_t kMostArguments = 24;

/// What one JavaScript environment (the main thread or a worker) has. Environments share nothing.
struct Engine {
  Slots slots;
  /// Each stays where it is when more are opened.
  std::deque<Operator> operators;
  std::unordered_map<std::string, uint32_t> opened;
  at::Device device = at::kCPU;
  /// What is read beside JavaScript, once something is.
  std::unique_ptr<Lane> reader;
};

inline Engine& engine_of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Engine*>(data);
}

struct Arguments {
  size_t count = kMostArguments;
  napi_value values[kMostArguments];

  Arguments(napi_env env, napi_callback_info info) {
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
    TORCH_CHECK(count <= kMostArguments, "more than ", kMostArguments, " arguments");
  }
  napi_value operator[](size_t i) const {
    TORCH_CHECK(i < count, "argument ", i, " is missing");
    return values[i];
  }
};

using Method = napi_value (*)(napi_env, Engine&, const Arguments&);

/// A method as Node calls it; what it throws becomes JavaScript's Error, without the C++ stack.
template <Method method>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    const c10::InferenceMode inference;
    return method(env, engine_of(env), Arguments(env, info));
  } catch (const std::exception& error) {
    napi_throw_error(env, "ERR_LIBTORCH", reason_of(error).c_str());
  }
  return nullptr;
}

template <Method method>
void define(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<method>, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace dira
