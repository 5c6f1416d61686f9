#include "reading.h"

#include <cstring>

#include "engine.h"
#include "values.h"

namespace dira {
namespace {

/// From how many bytes on sharing memory is worth what it costs V8 to watch it.
constexpr size_t kWorthSharing = 1 << 16;

/// The most that Node takes at once: it ends the process for more.
constexpr size_t kMost = (size_t{1} << 32) - 1;

void check_size(size_t bytes) {
  TORCH_CHECK(bytes <= kMost, "read: ", bytes, " bytes are more than JavaScript takes at once (4 GiB); read slices");
}

/// A row-major copy in the processor's memory; what was computed in fewer bits as what it stands for.
at::Tensor host_copy(const at::Tensor& tensor) {
  const at::ScalarType type = tensor.scalar_type() == at::kBFloat16 ? at::kFloat : tensor.scalar_type();
  check_size(tensor.numel() * c10::elementSize(type));
  const at::Tensor copy = at::empty(tensor.sizes(), at::TensorOptions().dtype(type));
  copy.copy_(tensor);
  return copy;
}

/// The memory of a tensor that nobody else has, as an ArrayBuffer, without a copy where Node lets others' memory in.
napi_value buffer_of(napi_env env, at::Tensor tensor) {
  const size_t bytes = tensor.nbytes();
  check_size(bytes);
  napi_value buffer;
  if (bytes >= kWorthSharing) {
    auto held = std::make_unique<at::Tensor>(tensor);
    const auto free = [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); };
    if (napi_create_external_arraybuffer(env, tensor.data_ptr(), bytes, free, held.get(), &buffer) == napi_ok) {
      held.release();
      return buffer;
    }
  }
  void* data = nullptr;
  TORCH_CHECK(napi_create_arraybuffer(env, bytes, &data, &buffer) == napi_ok, "read: no memory for ", bytes, " bytes");
  if (bytes > 0) std::memcpy(data, tensor.data_ptr(), bytes);
  return buffer;
}

/// A tensor's values in an ArrayBuffer of their own, in row-major order.
napi_value read(napi_env env, Engine& engine, const Arguments& given) {
  return buffer_of(env, host_copy(engine.slots.at(to_slot(env, given[0]))));
}

/// Begins to copy a tensor beside JavaScript, for `take`: a Promise of the copy's slot. The tensor may be disposed of
/// meanwhile, but not be written to: the caller holds another slot of its storage until then.
napi_value fetch(napi_env env, Engine& engine, const Arguments& given) {
  if (engine.reader == nullptr) engine.reader = std::make_unique<Lane>(env);
  return engine.reader->submit(env, [tensor = engine.slots.at(to_slot(env, given[0]))] {
    const c10::InferenceMode inference;
    return std::vector<at::Tensor>{host_copy(tensor)};
  });
}

/// The memory of a row-major tensor that nobody else views, as an ArrayBuffer; its slot is free then.
napi_value take(napi_env env, Engine& engine, const Arguments& given) {
  const uint32_t slot = to_slot(env, given[0]);
  const at::Tensor tensor = engine.slots.at(slot);
  TORCH_CHECK(engine.slots.is_alone(slot) && tensor.is_contiguous() && tensor.is_cpu(),
              "take: tensor ", slot, " is not row-major memory of its own");
  engine.slots.release(slot);
  return buffer_of(env, tensor);
}

}  // namespace

void define_reading(napi_env env, napi_value exports) {
  define<read>(env, exports, "read");
  define<fetch>(env, exports, "fetch");
  define<take>(env, exports, "take");
}

}  // namespace dira
