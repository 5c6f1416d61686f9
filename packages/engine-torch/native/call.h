// What a rank is about to do, as it tells the others: no transport checks that ranks do the same, and what does not fit
// would hang or abort.
#pragma once
#include <ATen/ATen.h>

#include <array>
#include <string>

namespace dira {

/// `Refused` stands for a call that a rank can't make, and is like no other.
enum class Collective { AllReduce, Broadcast, AllGather, Barrier, Refused };

/// A collective and the tensor that it is of.
struct Call {
  static constexpr size_t kMostDims = 8;

  Collective collective;
  /// The reduction, or the rank that it comes from.
  int64_t detail = 0;
  int64_t type = 0;
  /// The kind of device that the tensor is on, as c10::DeviceType numbers it: GPUs may have a transport of their own.
  int64_t device = 0;
  int64_t dims = 0;
  /// The first ones, of a tensor with more, which `Group` refuses once all ranks have told their calls.
  std::array<int64_t, kMostDims> sizes{};

  explicit Call(Collective made) : collective(made) {}
  Call(Collective made, const at::Tensor& tensor, int64_t with = 0);
  explicit Call(const at::Tensor& message);

  /// To send: as long for every call.
  at::Tensor message() const;
  bool operator==(const Call& other) const;
  const char* name() const;
  /// `all-reduce (mean) of float32 [2, 3] on cuda`, without the last where it is in the host's memory.
  std::string text() const;

 private:
  /// How many of the sizes are here.
  int64_t known_dims() const;
};

}  // namespace dira
