// What moves tensors between processes: Gloo over TCP, NCCL between GPUs.
#pragma once
#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "rendezvous.h"

namespace dira {

/// How an all-reduce makes one value of one a rank.
enum class Reduction { Sum, Mean, Min, Max };
constexpr int64_t kReductionCount = 4;

/// Moves row-major tensors of the same type and size on every rank, which it does not check. Blocks; throws where another
/// rank is gone, or takes longer than the time-out.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// In place. A mean is the sum here.
  virtual void all_reduce(const at::Tensor& tensor, Reduction reduction) = 0;
  /// In place, but on the rank that it comes from.
  virtual void broadcast(const at::Tensor& tensor, int from) = 0;
  virtual std::vector<at::Tensor> all_gather(const at::Tensor& tensor) = 0;
};

/// For tensors in the host's memory; nullptr where this build has no Gloo. Connects every process with every other, and
/// throws where they can't.
std::unique_ptr<Carrier> connect_gloo(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& rendezvous);
bool has_gloo();

/// For tensors on GPUs, where this build has NCCL and this machine a GPU. Connects at the first collective.
std::unique_ptr<Carrier> connect_nccl(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& rendezvous);
bool has_nccl();

}  // namespace dira
