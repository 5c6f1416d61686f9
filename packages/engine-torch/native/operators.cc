#include "operators.h"

#include "values.h"

namespace dira {
namespace {

Kind kind_of_list(const c10::TypePtr& element) {
  switch (element->kind()) {
    case c10::TypeKind::TensorType: return Kind::TensorList;
    case c10::TypeKind::IntType: return Kind::IntList;
    case c10::TypeKind::FloatType: return Kind::FloatList;
    case c10::TypeKind::BoolType: return Kind::BoolList;
    case c10::TypeKind::OptionalType: return Kind::OptionalTensorList;
    default: return Kind::None;
  }
}

Kind kind_of(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::IntType: return Kind::Int;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::BoolType: return Kind::Bool;
    case c10::TypeKind::NumberType: return Kind::Scalar;
    case c10::TypeKind::StringType: return Kind::String;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    case c10::TypeKind::ListType: return kind_of_list(type->castRaw<c10::ListType>()->getElementType());
    default: return Kind::None;
  }
}

int64_t choices_of(const c10::TypePtr& real) {
  const bool optional = real->kind() == c10::TypeKind::OptionalType;
  switch ((optional ? real->castRaw<c10::OptionalType>()->getElementType() : real)->kind()) {
    case c10::TypeKind::ScalarTypeType: return static_cast<int64_t>(at::ScalarType::NumOptions);
    case c10::TypeKind::LayoutType: return static_cast<int64_t>(at::Layout::NumOptions);
    case c10::TypeKind::MemoryFormatType: return static_cast<int64_t>(at::MemoryFormat::NumOptions);
    default: return 0;
  }
}

Parameter parameter_of(const c10::Argument& argument) {
  c10::TypePtr type = argument.type();
  const bool optional = type->kind() == c10::TypeKind::OptionalType;
  if (optional) type = type->castRaw<c10::OptionalType>()->getElementType();
  const bool has_default = argument.default_value().has_value();
  return {argument.name(), kind_of(type), optional, choices_of(argument.real_type()), has_default,
          has_default ? *argument.default_value() : c10::IValue()};
}

/// An argument that JavaScript left out.
c10::IValue left_out(const Parameter& parameter, const at::Device& device) {
  // What creates tensors without an example creates them where this engine computes.
  if (parameter.kind == Kind::Device) return device;
  if (parameter.has_default) return parameter.default_value;
  TORCH_CHECK(parameter.optional, "argument `", parameter.name, "` is missing");
  return c10::IValue();
}

napi_value result_of(napi_env env, c10::IValue value, Slots& slots) {
  if (value.isNone() || (value.isTensor() && !value.toTensor().defined())) {
    napi_value none;
    napi_get_null(env, &none);
    return none;
  }
  if (value.isTensor()) {
    return number(env, slots.keep(std::move(value).toTensor()));
  }
  if (value.isTensorList()) {
    napi_value list;
    const auto tensors = value.toTensorVector();
    napi_create_array_with_length(env, tensors.size(), &list);
    for (size_t i = 0; i < tensors.size(); i += 1) {
      napi_set_element(env, list, i, number(env, slots.keep(tensors[i])));
    }
    return list;
  }
  TORCH_CHECK(false, "it returns ", value.tagKind(), ", where JavaScript takes tensors");
}

}  // namespace

Operator find_operator(const std::string& name, const std::string& overload) {
  const std::string full = "aten::" + name;
  const auto handle = c10::Dispatcher::singleton().findSchema({full, overload});
  TORCH_CHECK(handle.has_value(), "this LibTorch has no operator ", full, overload.empty() ? "" : ".", overload);
  Operator op{full + (overload.empty() ? "" : "." + overload), *handle, {}};
  for (const auto& argument : handle->schema().arguments()) op.parameters.push_back(parameter_of(argument));
  return op;
}

napi_value call_operator(napi_env env, const Operator& op, Slots& slots, const napi_value* values, size_t count,
                         const at::Device& device) {
  TORCH_CHECK(count <= op.parameters.size(), op.name, " takes ", op.parameters.size(), " arguments, not ", count);
  torch::jit::Stack stack;
  stack.reserve(op.parameters.size());
  for (size_t i = 0; i < op.parameters.size(); i += 1) {
    const Parameter& parameter = op.parameters[i];
    const bool given = i < count && !is_undefined(env, values[i]);
    stack.push_back(given ? to_ivalue(env, values[i], parameter, slots) : left_out(parameter, device));
  }
  op.handle.callBoxed(stack);
  if (stack.size() == 1) return result_of(env, std::move(stack[0]), slots);
  napi_value results;
  napi_create_array_with_length(env, stack.size(), &results);
  for (size_t i = 0; i < stack.size(); i += 1) {
    napi_set_element(env, results, i, result_of(env, std::move(stack[i]), slots));
  }
  return results;
}

}  // namespace dira
