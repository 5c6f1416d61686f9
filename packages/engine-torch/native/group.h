// Processes that compute together.
#pragma once
#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "carrier.h"
#include "rendezvous.h"

namespace dira {

struct Call;

/// One process's place among the others. Each calls the same methods in the same order, with tensors of one type and shape;
/// where they differ every rank's call throws, and the group goes on. So it does where a rank can't make its call, as long as
/// it says so by `refuse`: else the others would wait, and take its next call for this one. After any other error the group
/// is broken, and only throws.
/// Tensors are to come from `copy_for`, and are then the group's. Everything blocks.
class Group {
 public:
  /// Waits for all processes and connects them.
  ///
  /// @throws c10::Error where one does not come, or where this build has nothing to connect them with.
  explicit Group(const Rendezvous& rendezvous);

  /// A copy that a group may overwrite, in row-major order.
  static at::Tensor copy_for(const at::Tensor& tensor);

  at::Tensor all_reduce(at::Tensor own, Reduction reduction);
  /// The tensor of one rank.
  at::Tensor broadcast(at::Tensor own, int from);
  /// Each rank's, in order.
  std::vector<at::Tensor> all_gather(at::Tensor own);
  void barrier();
  /// In place of a call that this rank can't make. Throws as all others do.
  void refuse();

 private:
  void connect();
  /// Waits until every rank has made the call.
  void agree(const Call& call);
  /// Runs what needs the others.
  template <typename Run>
  auto together(const Call& call, Run run);
  Carrier& carrier_of(const at::Tensor& tensor) const { return tensor.is_cuda() && nccl_ ? *nccl_ : *gloo_; }
  /// Where the carrier of its device takes it.
  at::Tensor carried(const at::Tensor& tensor) const { return tensor.is_cuda() && nccl_ ? tensor : tensor.cpu(); }

  Rendezvous rendezvous_;
  std::unique_ptr<Carrier> gloo_;
  std::unique_ptr<Carrier> nccl_;
  bool broken_ = false;
};

}  // namespace dira
