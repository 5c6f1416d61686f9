#include "values.h"

#include <cmath>

namespace dira {
namespace {

napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  return type;
}

/// Calls `take` with each element of an array.
template <typename Take>
void for_each(napi_env env, napi_value list, Take take) {
  bool is_array = false;
  napi_is_array(env, list, &is_array);
  TORCH_CHECK(is_array, "expected an array");
  uint32_t length = 0;
  napi_get_array_length(env, list, &length);
  for (uint32_t i = 0; i < length; i += 1) {
    napi_value element;
    TORCH_CHECK(napi_get_element(env, list, i, &element) == napi_ok, "element ", i, " can't be read");
    take(element);
  }
}

bool to_bool(napi_env env, napi_value value) {
  bool result = false;
  TORCH_CHECK(napi_get_value_bool(env, value, &result) == napi_ok, "expected a boolean");
  return result;
}

/// Whole numbers become integers, as literals in Python would be.
at::Scalar to_scalar(napi_env env, napi_value value) {
  if (type_of(env, value) == napi_boolean) return to_bool(env, value);
  const double x = to_number(env, value);
  const bool whole = std::abs(x) < 9007199254740992.0 && x == std::floor(x) && !(x == 0 && std::signbit(x));
  return whole ? at::Scalar(static_cast<int64_t>(x)) : at::Scalar(x);
}

c10::IValue to_list(napi_env env, napi_value value, Kind kind, const Slots& slots) {
  if (kind == Kind::TensorList) {
    c10::List<at::Tensor> list;
    for_each(env, value, [&](napi_value e) { list.push_back(slots.at(to_slot(env, e))); });
    return list;
  }
  if (kind == Kind::OptionalTensorList) {
    c10::List<c10::optional<at::Tensor>> list;
    for_each(env, value, [&](napi_value e) {
      if (type_of(env, e) == napi_null) list.push_back(c10::nullopt);
      else list.push_back(slots.at(to_slot(env, e)));
    });
    return list;
  }
  if (kind == Kind::IntList) return to_ints(env, value);
  if (kind == Kind::FloatList) {
    std::vector<double> list;
    for_each(env, value, [&](napi_value e) { list.push_back(to_number(env, e)); });
    return list;
  }
  c10::List<bool> list;
  for_each(env, value, [&](napi_value e) { list.push_back(to_bool(env, e)); });
  return list;
}

int64_t to_choice(napi_env env, napi_value value, int64_t choices) {
  const int64_t x = to_int(env, value);
  TORCH_CHECK(choices == 0 || (x >= 0 && x < choices), "expected a whole number from 0 to ", choices - 1, ", got ", x);
  return x;
}

c10::IValue to_kind(napi_env env, napi_value value, const Parameter& parameter, const Slots& slots) {
  const Kind kind = parameter.kind;
  switch (kind) {
    case Kind::Tensor: return slots.at(to_slot(env, value));
    case Kind::Int: return to_choice(env, value, parameter.choices);
    case Kind::Float: return to_number(env, value);
    case Kind::Bool: return to_bool(env, value);
    case Kind::Scalar: return to_scalar(env, value);
    case Kind::String: return to_text(env, value);
    case Kind::Device: return at::Device(to_text(env, value));
    case Kind::None: TORCH_CHECK(false, "it can't be given from JavaScript");
    default: return to_list(env, value, kind, slots);
  }
}

}  // namespace

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value boolean(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value text(napi_env env, const std::string& value) {
  napi_value result;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}

bool is_undefined(napi_env env, napi_value value) { return type_of(env, value) == napi_undefined; }

double to_number(napi_env env, napi_value value) {
  double result = 0;
  TORCH_CHECK(napi_get_value_double(env, value, &result) == napi_ok, "expected a number");
  return result;
}

int64_t to_int(napi_env env, napi_value value) {
  const double x = to_number(env, value);
  TORCH_CHECK(x == std::floor(x) && std::abs(x) <= 9007199254740992.0, "expected a whole number, got ", x);
  return static_cast<int64_t>(x);
}

uint32_t to_slot(napi_env env, napi_value value) {
  const double x = to_number(env, value);
  TORCH_CHECK(x >= 0 && x == std::floor(x) && x < 4294967296.0, "expected a tensor's number, got ", x);
  return static_cast<uint32_t>(x);
}

std::string to_text(napi_env env, napi_value value) {
  size_t length = 0;
  TORCH_CHECK(napi_get_value_string_utf8(env, value, nullptr, 0, &length) == napi_ok, "expected a string");
  std::string result(length, '\0');
  napi_get_value_string_utf8(env, value, result.data(), length + 1, &length);
  return result;
}

std::vector<int64_t> to_ints(napi_env env, napi_value value) {
  std::vector<int64_t> list;
  for_each(env, value, [&](napi_value e) { list.push_back(to_int(env, e)); });
  return list;
}

c10::IValue to_ivalue(napi_env env, napi_value value, const Parameter& parameter, const Slots& slots) {
  if (type_of(env, value) == napi_null) {
    TORCH_CHECK(parameter.optional, "argument `", parameter.name, "` may not be null");
    return c10::IValue();
  }
  try {
    return to_kind(env, value, parameter, slots);
  } catch (c10::Error& error) {
    TORCH_CHECK(false, "argument `", parameter.name, "`: ", error.what_without_backtrace());
  }
}

}  // namespace dira
