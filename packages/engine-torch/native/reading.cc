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

/// A row-major tensor's memory as an ArrayBuffer, which keeps it; false where Node lets no others' memory in.
bool shared_buffer(napi_env env, const at::Tensor& tensor, napi_value* buffer) {
  auto held = std::make_unique<at::Tensor>(tensor);
  const auto free = [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); };
  const auto status =
      napi_create_external_arraybuffer(env, tensor.data_ptr(), tensor.nbytes(), free, held.get(), buffer);
  if (status == napi_ok) held.release();
  return status == napi_ok;
}

/// The memory of a tensor that nobody else has, as an ArrayBuffer, without a copy where Node lets others' memory in.
napi_value buffer_of(napi_env env, at::Tensor tensor) {
  const size_t bytes = tensor.nbytes();
  check_size(bytes);
  napi_value buffer;
  if (bytes >= kWorthSharing && shared_buffer(env, tensor, &buffer)) return buffer;
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

/// `lend(bytes)`: a tensor of bytes that is also an ArrayBuffer, whichever of the two lives longer. For a GPU it is page-locked
/// memory of the processor's, which is copied from there fastest.
napi_value lend(napi_env env, Engine& engine, const Arguments& given) {
  const int64_t bytes = to_int(env, given[0]);
  TORCH_CHECK(bytes >= 0 && static_cast<uint64_t>(bytes) <= kMost, "lend: ", bytes, " is no number of bytes up to 4 GiB");
  at::Tensor tensor = at::empty({bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(engine.device.is_cuda()));
  tensor.zero_();
  napi_value result, buffer;
  TORCH_CHECK(shared_buffer(env, tensor, &buffer), "lend: this Node does not let others' memory in");
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, number(env, engine.slots.keep(std::move(tensor))));
  napi_set_element(env, result, 1, buffer);
  return result;
}

}  // namespace

void define_reading(napi_env env, napi_value exports) {
  define<read>(env, exports, "read");
  define<fetch>(env, exports, "fetch");
  define<take>(env, exports, "take");
  define<lend>(env, exports, "lend");
}

}  // namespace dira
