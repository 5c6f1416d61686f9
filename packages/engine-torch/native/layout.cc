#include "layout.h"

#include "engine.h"
#include "values.h"

namespace dira {
namespace {

/// Whether the values lie in row-major order, without gaps.
napi_value is_contiguous(napi_env env, Engine& engine, const Arguments& given) {
  return boolean(env, engine.slots.at(to_slot(env, given[0])).is_contiguous());
}

/// Lays a tensor's values out with its axes in another order, outermost first, and leaves what it says as it is. For
/// weights, whose best order is not the one that they are indexed in: done once, it lasts.
napi_value arrange(napi_env env, Engine& engine, const Arguments& given) {
  const uint32_t slot = to_slot(env, given[0]);
  const std::vector<int64_t> order = to_ints(env, given[1]);
  std::vector<int64_t> back(order.size(), -1);
  for (size_t i = 0; i < order.size(); i += 1) {
    const int64_t axis = order[i];
    TORCH_CHECK(axis >= 0 && axis < static_cast<int64_t>(back.size()) && back[axis] < 0, "arrange: ", order,
                " is no order of the axes");
    back[axis] = static_cast<int64_t>(i);
  }
  const at::Tensor ordered = engine.slots.at(slot).permute(order);
  if (ordered.is_contiguous()) return nullptr;
  engine.slots.replace(slot, ordered.contiguous().permute(back));
  return nullptr;
}

/// Gives a tensor the layout and the type of another one of its shape.
napi_value align(napi_env env, Engine& engine, const Arguments& given) {
  const uint32_t slot = to_slot(env, given[0]);
  const at::Tensor& tensor = engine.slots.at(slot);
  const at::Tensor& like = engine.slots.at(to_slot(env, given[1]));
  TORCH_CHECK(tensor.sizes() == like.sizes(), "align: shapes differ, ", tensor.sizes(), " and ", like.sizes());
  if (tensor.strides() == like.strides() && tensor.scalar_type() == like.scalar_type()) return nullptr;
  engine.slots.replace(slot, at::empty_strided(like.sizes(), like.strides(), like.options()).copy_(tensor));
  return nullptr;
}

/// Gives a tensor memory without gaps that no other one views, laid out as it was: before it is written to.
napi_value make_alone(napi_env env, Engine& engine, const Arguments& given) {
  const uint32_t slot = to_slot(env, given[0]);
  const at::Tensor& tensor = engine.slots.at(slot);
  if (!engine.slots.is_alone(slot) || !tensor.is_non_overlapping_and_dense()) engine.slots.replace(slot, tensor.clone());
  return nullptr;
}

}  // namespace

void define_layout(napi_env env, napi_value exports) {
  define<is_contiguous>(env, exports, "isContiguous");
  define<arrange>(env, exports, "arrange");
  define<align>(env, exports, "align");
  define<make_alone>(env, exports, "makeAlone");
}

}  // namespace dira
