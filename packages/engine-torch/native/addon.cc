// The addon's door: what JavaScript sees of LibTorch. Everything an operator needs to know of its arguments comes from its
// schema, so one function calls them all.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <node_api.h>
#include <torch/version.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstring>
#include <memory>

#include "collectives.h"
#include "device_memory.h"
#include "engine.h"
#include "layout.h"
#include "operators.h"
#include "reading.h"
#include "slots.h"
#include "values.h"

namespace dira {
namespace {

napi_value open(napi_env env, Engine& engine, const Arguments& given) {
  const std::string name = to_text(env, given[0]);
  const auto found = engine.opened.find(name);
  if (found != engine.opened.end()) return number(env, found->second);
  const size_t dot = name.find('.');
  const std::string overload = dot == std::string::npos ? "" : name.substr(dot + 1);
  engine.operators.push_back(find_operator(name.substr(0, dot), overload));
  const uint32_t handle = static_cast<uint32_t>(engine.operators.size() - 1);
  engine.opened.emplace(name, handle);
  return number(env, handle);
}

napi_value call(napi_env env, Engine& engine, const Arguments& given) {
  const uint32_t handle = to_slot(env, given[0]);
  TORCH_CHECK(handle < engine.operators.size(), "operator ", handle, " was not opened");
  const Operator& op = engine.operators[handle];
  try {
    return call_operator(env, op, engine.slots, given.values + 1, given.count - 1, engine.device);
  } catch (const std::exception& error) {
    TORCH_CHECK(false, op.name, ": ", reason_of(error));
  }
}

napi_value release(napi_env env, Engine& engine, const Arguments& given) {
  engine.slots.release(to_slot(env, given[0]));
  return nullptr;
}

/// `[type, ...sizes]` of a tensor, its type as c10::ScalarType numbers it.
napi_value describe(napi_env env, Engine& engine, const Arguments& given) {
  const at::Tensor& tensor = engine.slots.at(to_slot(env, given[0]));
  napi_value result;
  napi_create_array_with_length(env, tensor.dim() + 1, &result);
  napi_set_element(env, result, 0, number(env, static_cast<double>(tensor.scalar_type())));
  for (int64_t i = 0; i < tensor.dim(); i += 1) {
    napi_set_element(env, result, i + 1, number(env, static_cast<double>(tensor.size(i))));
  }
  return result;
}

/// Bytes of an element.
size_t width_of(napi_typedarray_type kind) {
  switch (kind) {
    case napi_float32_array:
    case napi_int32_array:
    case napi_uint32_array: return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array: return 8;
    case napi_int16_array:
    case napi_uint16_array: return 2;
    default: return 1;
  }
}

/// A tensor of a typed array's bytes, which are copied: `write(array, type, sizes)`.
napi_value write(napi_env env, Engine& engine, const Arguments& given) {
  const int64_t wanted = to_int(env, given[1]);
  const auto type = static_cast<at::ScalarType>(wanted);
  TORCH_CHECK(wanted == 3 || wanted == 4 || wanted == 6 || wanted == 7 || wanted == 11,
              "write: scalar type ", wanted, " is none of int32, int64, float32, float64, bool");
  at::Tensor tensor = at::empty(to_ints(env, given[2]), at::TensorOptions().dtype(type).device(engine.device));
  // Last, as an array of sizes may run JavaScript, which could take the memory away.
  napi_typedarray_type kind;
  size_t length, offset;
  void* data;
  napi_value buffer;
  TORCH_CHECK(napi_get_typedarray_info(env, given[0], &kind, &length, &data, &buffer, &offset) == napi_ok,
              "write: expected a typed array");
  const size_t bytes = length * width_of(kind);
  TORCH_CHECK(bytes == tensor.nbytes(), "write: ", bytes, " bytes for a tensor of ", tensor.nbytes());
  if (bytes > 0 && tensor.is_cpu()) std::memcpy(tensor.data_ptr(), data, bytes);
  if (bytes > 0 && !tensor.is_cpu()) tensor.copy_(at::from_blob(data, tensor.sizes(), at::TensorOptions().dtype(type)));
  return number(env, engine.slots.keep(std::move(tensor)));
}

napi_value set_device(napi_env env, Engine& engine, const Arguments& given) {
  engine.device = at::Device(to_text(env, given[0]));
  return nullptr;
}

/// Whether products of float32 matrices may round their factors to TF32, on GPUs that have it.
napi_value set_tf32(napi_env env, Engine&, const Arguments& given) {
  bool allowed = false;
  TORCH_CHECK(napi_get_value_bool(env, given[0], &allowed) == napi_ok, "setTf32: expected a boolean");
  at::globalContext().setAllowTF32CuBLAS(allowed);
  at::globalContext().setAllowTF32CuDNN(allowed);
  return nullptr;
}

void set(napi_env env, napi_value object, const char* name, double value) {
  napi_set_named_property(env, object, name, number(env, value));
}

napi_value memory(napi_env env, Engine& engine, const Arguments&) {
  napi_value result;
  napi_create_object(env, &result);
  set(env, result, "slots", static_cast<double>(engine.slots.count()));
  set(env, result, "bytes", static_cast<double>(engine.slots.bytes()));
  set(env, result, "peakBytes", static_cast<double>(engine.slots.peak_bytes()));
  DeviceMemory device;
  if (!read_device_memory(engine.device, device)) return result;
  napi_value figures;
  napi_create_object(env, &figures);
  set(env, figures, "allocatedBytes", device.allocated);
  set(env, figures, "peakAllocatedBytes", device.peak_allocated);
  set(env, figures, "reservedBytes", device.reserved);
  napi_set_named_property(env, result, "device", figures);
  return result;
}

napi_value reset_peak(napi_env, Engine& engine, const Arguments&) {
  engine.slots.reset_peak();
  reset_device_peak(engine.device);
  return nullptr;
}

napi_value about(napi_env env, Engine&, const Arguments&) {
  napi_value result;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "version", text(env, TORCH_VERSION));
  set(env, result, "threads", at::get_num_threads());
  return result;
}

/// Lets JavaScript see which tensor took a slot last, for as long as the environment lives.
void show_newest(napi_env env, Engine& engine, napi_value exports) {
  void* data = nullptr;
  napi_value buffer, values;
  napi_ref held;
  napi_create_arraybuffer(env, Newest::kLength * sizeof(double), &data, &buffer);
  napi_create_typedarray(env, napi_float64_array, Newest::kLength, buffer, 0, &values);
  napi_create_reference(env, buffer, 1, &held);
  engine.slots.newest.values = static_cast<double*>(data);
  engine.slots.newest.values[0] = -1;
  napi_set_named_property(env, exports, "newest", values);
}

/// glibc gives freed tensors' pages back to the system, which would have to clear new ones for the next.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace
}  // namespace dira

NAPI_MODULE_INIT() {
  using namespace dira;
  keep_freed_memory();
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
  // It would warn at every convolution on processors that it does not know; oneDNN is faster on all.
  at::globalContext().setUserEnabledNNPACK(false);
#endif
  auto engine = std::make_unique<Engine>();
  show_newest(env, *engine, exports);
  napi_set_instance_data(
      env, engine.release(), [](napi_env, void* data, void*) { delete static_cast<Engine*>(data); }, nullptr);
  define<open>(env, exports, "open");
  define<call>(env, exports, "call");
  define<release>(env, exports, "release");
  define<describe>(env, exports, "describe");
  define<write>(env, exports, "write");
  define_reading(env, exports);
  define_layout(env, exports);
  define<set_device>(env, exports, "setDevice");
  define<set_tf32>(env, exports, "setTf32");
  define<memory>(env, exports, "memory");
  define<reset_peak>(env, exports, "resetPeak");
  define<about>(env, exports, "about");
  define_collectives(env, exports);
  return exports;
}
