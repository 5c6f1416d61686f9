#include "group.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "call.h"
#include "errors.h"
#include "within.h"

namespace dira {
namespace {

using Clock = std::chrono::steady_clock;

/// After all ranks agreed, so that it throws on all of them.
void check_reduction(const at::Tensor& tensor, Reduction reduction) {
  const bool ordered = reduction == Reduction::Min || reduction == Reduction::Max;
  TORCH_CHECK(!ordered || !tensor.is_complex(), "all-reduce: complex numbers have no least or greatest");
  TORCH_CHECK(ordered || tensor.scalar_type() != at::kBool, "all-reduce: cast booleans before adding them");
  TORCH_CHECK(reduction != Reduction::Mean || tensor.is_floating_point() || tensor.is_complex(),
              "all-reduce: cast whole numbers to float32 before taking their mean");
}

/// Of what Gloo says, the first sentence, without where in its sources.
std::string said_by_gloo(const std::exception& error) {
  const std::string reason = reason_of(error);
  const size_t place = reason[0] == '[' ? reason.find("] ") : std::string::npos;
  const size_t start = place == std::string::npos ? 0 : place + 2;
  return reason.substr(start, reason.find(". ", start) - start);
}

struct Carriers {
  std::unique_ptr<Carrier> gloo;
  std::unique_ptr<Carrier> nccl;
};

/// Where some have not, tensors on GPUs go through the hosts' memory on all.
bool all_have_nccl(Carrier& gloo) {
  const auto answers = gloo.all_gather(at::full({1}, has_nccl() ? 1 : 0, at::kByte));
  return std::all_of(answers.begin(), answers.end(), [](const at::Tensor& answer) { return answer.item<uint8_t>() != 0; });
}

Carriers connect_all(const Meeting& meeting, const Rendezvous& rendezvous) {
  try {
    Carriers carriers;
    carriers.gloo = connect_gloo(meeting.store(), rendezvous);
    if (all_have_nccl(*carriers.gloo)) carriers.nccl = connect_nccl(meeting.store(), rendezvous);
    // Until all are connected, some may need the store, which goes with rank 0.
    carriers.gloo->all_gather(at::zeros({1}, at::kByte));
    return carriers;
  } catch (const std::exception&) {
    meeting.give_up();
    throw;
  }
}

}  // namespace

Group::Group(const Rendezvous& rendezvous) : rendezvous_(rendezvous) {
  TORCH_CHECK(has_gloo(), "collectives: this build has no Gloo: install libgloo-dev and run `dira doctor --fix`");
  connect();
}

void Group::connect() {
  const Meeting meeting = meet(rendezvous_);
  const auto limit = rendezvous_.patience;
  std::string reason = "no answer within " + std::to_string(limit.count()) + " ms";
  try {
    if (auto carriers = within(limit + kGrace, [meeting, r = rendezvous_] { return connect_all(meeting, r); })) {
      gloo_ = std::move(carriers->gloo);
      nccl_ = std::move(carriers->nccl);
      return;
    }
  } catch (const std::exception& error) {
    reason = said_by_gloo(error);
  }
  TORCH_CHECK(false, "collectives: ", rendezvous_.self(), " could not connect to the others, whom it met at ",
              rendezvous_.address(), ": set GLOO_SOCKET_IFNAME to a network interface that they reach (", reason, ")");
}

template <typename Run>
auto Group::together(const Call& call, Run run) {
  const std::string self = std::string(call.name()) + ": " + rendezvous_.self();
  TORCH_CHECK(!broken_, self, " can't go on after an earlier error: close the group, and start all ranks again");
  const auto start = Clock::now();
  try {
    return run();
  } catch (const std::exception& error) {
    broken_ = true;
    TORCH_CHECK(Clock::now() - start < rendezvous_.timeout, self, " waited ", rendezvous_.timeout.count(),
                " ms for the others, of which one is stuck, slow or gone: see their output, or raise timeoutMs");
    TORCH_CHECK(false, self, " lost the others: see why one ended, then start all ranks again (",
                said_by_gloo(error), ")");
  }
}

at::Tensor Group::copy_for(const at::Tensor& tensor) {
  // What is made in inference mode can't be written to outside of it, where c10d's threads are.
  const c10::InferenceMode off(false);
  return at::empty(tensor.sizes(), tensor.options().memory_format(at::MemoryFormat::Contiguous)).copy_(tensor);
}

at::Tensor Group::all_reduce(at::Tensor own, Reduction reduction) {
  const Call call(Collective::AllReduce, own, static_cast<int64_t>(reduction));
  agree(call);
  check_reduction(own, reduction);
  if (own.numel() == 0) return own;
  const at::Tensor result = carried(own);
  together(call, [&] { carrier_of(own).all_reduce(result, reduction); });
  if (reduction == Reduction::Mean) result.div_(rendezvous_.size);
  return result.to(own.device());
}

at::Tensor Group::broadcast(at::Tensor own, int from) {
  const Call call(Collective::Broadcast, own, from);
  agree(call);
  TORCH_CHECK(from >= 0 && from < rendezvous_.size, "broadcast: there is no rank ", from, " of ", rendezvous_.size);
  if (own.numel() == 0) return own;
  const at::Tensor result = carried(own);
  together(call, [&] { carrier_of(own).broadcast(result, from); });
  return result.to(own.device());
}

std::vector<at::Tensor> Group::all_gather(at::Tensor own) {
  const Call call(Collective::AllGather, own);
  agree(call);
  if (own.numel() == 0) {
    std::vector<at::Tensor> results(rendezvous_.size);
    for (at::Tensor& result : results) result = own.clone();
    return results;
  }
  const at::Tensor mine = carried(own);
  std::vector<at::Tensor> results = together(call, [&] { return carrier_of(own).all_gather(mine); });
  for (at::Tensor& result : results) result = result.to(own.device());
  return results;
}

void Group::barrier() { agree(Call(Collective::Barrier)); }

void Group::refuse() { agree(Call(Collective::Refused)); }

void Group::agree(const Call& call) {
  const auto messages = together(call, [&] { return gloo_->all_gather(call.message()); });
  for (size_t rank = 0; rank < messages.size(); rank += 1) {
    const Call other(messages[rank]);
    TORCH_CHECK(other == call, call.name(), ": the ranks' calls differ: rank ", rendezvous_.rank, " makes ", call.text(),
                ", rank ", rank, " ", other.text());
  }
  constexpr auto kMost = static_cast<int64_t>(Call::kMostDims);
  TORCH_CHECK(call.dims <= kMost, call.name(), ": expected at most ", kMost, " dimensions, got ", call.dims,
              ": reshape the tensor before");
}

}  // namespace dira
