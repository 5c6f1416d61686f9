#include "reading.h"

#include "engine.h"
#include "values.h"

namespace dira {
namespace {

/// The most that Node takes at once: it ends the process for more.
constexpr size_t kMost = (size_t{1} << 32) - 1;

/// How a tensor's values are read: what was computed in fewer bits as what it stands for.
at::ScalarType type_read(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kBFloat16 ? at::kFloat : tensor.scalar_type();
}

size_t bytes_read(const at::Tensor& tensor) { return tensor.numel() * c10::elementSize(type_read(tensor)); }

/// Copies the values, row-major, to memory of the processor's.
void copy_to(void* data, const at::Tensor& tensor) {
  if (tensor.numel() == 0) return;
  at::from_blob(data, tensor.sizes(), at::TensorOptions().dtype(type_read(tensor))).copy_(tensor);
}

/// A tensor's values in an ArrayBuffer of their own, in row-major order. V8's own memory: others' would be freed when the event
/// loop turns, too late for who reads in a loop.
napi_value read(napi_env env, Engine& engine, const Arguments& given) {
  const at::Tensor& tensor = engine.slots.at(to_slot(env, given[0]));
  const size_t bytes = bytes_read(tensor);
  TORCH_CHECK(bytes <= kMost, "read: ", bytes, " bytes are more than JavaScript takes at once (4 GiB); read slices");
  void* data = nullptr;
  napi_value buffer;
  TORCH_CHECK(napi_create_arraybuffer(env, bytes, &data, &buffer) == napi_ok, "read: no memory for ", bytes, " bytes");
  copy_to(data, tensor);
  return buffer;
}

/// `fetch(slot, buffer)`: begins to copy a tensor's values into an ArrayBuffer beside JavaScript, and gives a Promise. The tensor
/// may be disposed of meanwhile, but not be written to: the caller holds another slot of its storage until then, and
/// leaves the buffer alone.
napi_value fetch(napi_env env, Engine& engine, const Arguments& given) {
  const at::Tensor& tensor = engine.slots.at(to_slot(env, given[0]));
  void* data = nullptr;
  size_t length = 0;
  TORCH_CHECK(napi_get_arraybuffer_info(env, given[1], &data, &length) == napi_ok, "fetch: expected an ArrayBuffer");
  TORCH_CHECK(length == bytes_read(tensor), "fetch: ", length, " bytes for a tensor of ", bytes_read(tensor));
  if (engine.reader == nullptr) engine.reader = std::make_unique<Lane>(env);
  const napi_value promise = engine.reader->submit(env, [tensor, data] {
    const c10::InferenceMode inference;
    copy_to(data, tensor);
    return std::vector<at::Tensor>{};
  });
  // Which lives until it is settled, and the buffer with it.
  napi_set_named_property(env, promise, "buffer", given[1]);
  return promise;
}

/// `lend(bytes)`: a tensor of bytes that is also an ArrayBuffer, whichever of the two lives longer. For a GPU it is page-locked
/// memory of the processor's, which is copied from there fastest.
napi_value lend(napi_env env, Engine& engine, const Arguments& given) {
  const int64_t bytes = to_int(env, given[0]);
  TORCH_CHECK(bytes >= 0 && static_cast<uint64_t>(bytes) <= kMost, "lend: ", bytes, " is no number of bytes up to 4 GiB");
  at::Tensor tensor = at::empty({bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(engine.device.is_cuda()));
  tensor.zero_();
  auto held = std::make_unique<at::Tensor>(tensor);
  const auto free = [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); };
  napi_value result, buffer;
  TORCH_CHECK(napi_create_external_arraybuffer(env, tensor.data_ptr(), bytes, free, held.get(), &buffer) == napi_ok,
              "lend: this Node does not let others' memory in");
  held.release();
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, number(env, engine.slots.lend(std::move(tensor))));
  napi_set_element(env, result, 1, buffer);
  return result;
}

napi_value is_lent(napi_env env, Engine& engine, const Arguments& given) {
  return boolean(env, engine.slots.is_lent(to_slot(env, given[0])));
}

}  // namespace

void define_reading(napi_env env, napi_value exports) {
  define<read>(env, exports, "read");
  define<fetch>(env, exports, "fetch");
  define<lend>(env, exports, "lend");
  define<is_lent>(env, exports, "isLent");
}

}  // namespace dira
