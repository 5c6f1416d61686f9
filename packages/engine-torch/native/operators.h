// ATen's operators by number, with the kinds of their arguments worked out once from the schema.
#pragma once
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <node_api.h>

#include <string>
#include <vector>

#include "slots.h"

namespace dira {

/// What a schema's argument takes.
enum class Kind { Tensor, TensorList, OptionalTensorList, Int, IntList, Float, FloatList, Bool, BoolList, Scalar, String, Device, None };

struct Parameter {
  std::string name;
  Kind kind;
  bool optional;
  /// How many values an enumeration has, whose numbers ATen itself does not check; 0 for what is none.
  int64_t choices;
  bool has_default;
  c10::IValue default_value;
};

/// An operator that is ready to be called.
struct Operator {
  std::string name;
  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
};

/// Finds `aten::name.overload`; throws c10::Error where this LibTorch has none, or one with arguments that JavaScript can't
/// give.
Operator find_operator(const std::string& name, const std::string& overload);

/// Calls it with JavaScript's values, filling in defaults; each tensor it returns takes a slot.
napi_value call_operator(napi_env env, const Operator& op, Slots& slots, const napi_value* values, size_t count,
                         const at::Device& device);

}  // namespace dira
