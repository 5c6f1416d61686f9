#include "call.h"

#include <algorithm>
#include <sstream>

namespace dira {
namespace {

constexpr int64_t kHead = 5;
constexpr const char* kNames[] = {"all-reduce", "broadcast", "all-gather", "barrier", "a call that it refuses"};
constexpr const char* kReductions[] = {"sum", "mean", "min", "max"};

/// As TensorFlow.js calls it.
const char* type_name(int64_t type) {
  switch (static_cast<at::ScalarType>(type)) {
    case at::kFloat: return "float32";
    case at::kInt: return "int32";
    case at::kBool: return "bool";
    case at::kComplexFloat: return "complex64";
    default: return c10::toString(static_cast<at::ScalarType>(type));
  }
}

}  // namespace

Call::Call(Collective made, const at::Tensor& tensor, int64_t with)
    : collective(made),
      detail(with),
      type(static_cast<int64_t>(tensor.scalar_type())),
      device(static_cast<int64_t>(tensor.device().type())),
      dims(tensor.dim()) {
  std::copy_n(tensor.sizes().begin(), known_dims(), sizes.begin());
}

Call::Call(const at::Tensor& message) {
  const int64_t* values = message.data_ptr<int64_t>();
  collective = static_cast<Collective>(values[0]);
  detail = values[1];
  type = values[2];
  device = values[3];
  dims = values[4];
  std::copy(values + kHead, values + kHead + kMostDims, sizes.begin());
}

at::Tensor Call::message() const {
  const at::Tensor message = at::empty({kHead + static_cast<int64_t>(kMostDims)}, at::kLong);
  int64_t* values = message.data_ptr<int64_t>();
  values[0] = static_cast<int64_t>(collective);
  values[1] = detail;
  values[2] = type;
  values[3] = device;
  values[4] = dims;
  std::copy(sizes.begin(), sizes.end(), values + kHead);
  return message;
}

bool Call::operator==(const Call& other) const {
  if (collective == Collective::Refused) return false;
  return collective == other.collective && detail == other.detail && type == other.type && device == other.device &&
         dims == other.dims && sizes == other.sizes;
}

int64_t Call::known_dims() const { return std::min(dims, static_cast<int64_t>(kMostDims)); }

const char* Call::name() const { return kNames[static_cast<size_t>(collective)]; }

std::string Call::text() const {
  std::ostringstream text;
  text << name();
  if (collective == Collective::Barrier || collective == Collective::Refused) return text.str();
  if (collective == Collective::AllReduce) text << " (" << kReductions[detail] << ")";
  if (collective == Collective::Broadcast) text << " (from rank " << detail << ")";
  text << " of " << type_name(type) << " [";
  for (int64_t i = 0; i < known_dims(); i += 1) text << (i == 0 ? "" : ", ") << sizes[i];
  text << (known_dims() < dims ? ", ...]" : "]");
  const auto where = static_cast<c10::DeviceType>(device);
  if (where != c10::DeviceType::CPU) text << " on " << c10::DeviceTypeName(where, /*lower_case=*/true);
  return text.str();
}

}  // namespace dira
