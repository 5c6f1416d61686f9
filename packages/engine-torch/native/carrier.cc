#include "carrier.h"

#include <ATen/Context.h>
#include <torch/csrc/distributed/c10d/Types.hpp>
#include <torch/version.h>

#include <cstdlib>

#if __has_include(<gloo/transport/device.h>)
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
// Defined by who builds against a LibTorch with CUDA and has the nccl.h that it was built with.
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace dira {
namespace {

c10d::ReduceOp::RedOpType operation_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::Min: return c10d::ReduceOp::MIN;
    case Reduction::Max: return c10d::ReduceOp::MAX;
    default: return c10d::ReduceOp::SUM;
  }
}

/// As what only moves them sees them.
at::Tensor as_bytes(const at::Tensor& tensor) { return tensor.view(-1).view(at::kByte); }

/// As what computes with them sees them: neither transport knows complex numbers, nor adds booleans.
at::Tensor as_numbers(const at::Tensor& tensor) {
  if (tensor.is_complex()) return at::view_as_real(tensor);
  return tensor.scalar_type() == at::kBool ? as_bytes(tensor) : tensor;
}

/// Collectives by a class of c10d's; Gloo's and NCCL's have no base class that every LibTorch has.
template <typename Transport>
class CarrierBy : public Carrier {
 public:
  CarrierBy(c10::intrusive_ptr<Transport> transport, std::chrono::milliseconds timeout)
      : transport_(std::move(transport)), timeout_(timeout) {}

  void all_reduce(const at::Tensor& tensor, Reduction reduction) override {
    auto options = limited<c10d::AllreduceOptions>();
    options.reduceOp = operation_of(reduction);
    std::vector<at::Tensor> tensors{as_numbers(tensor)};
    transport_->allreduce(tensors, options)->wait();
  }

  void broadcast(const at::Tensor& tensor, int from) override {
    auto options = limited<c10d::BroadcastOptions>();
    options.rootRank = from;
    std::vector<at::Tensor> tensors{as_bytes(tensor)};
    transport_->broadcast(tensors, options)->wait();
  }

  std::vector<at::Tensor> all_gather(const at::Tensor& tensor) override {
    std::vector<at::Tensor> results;
    std::vector<at::Tensor> inputs{as_bytes(tensor)};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (int rank = 0; rank < transport_->getSize(); rank += 1) {
      results.push_back(at::empty_like(tensor));
      outputs[0].push_back(as_bytes(results.back()));
    }
    transport_->allgather(outputs, inputs, limited<c10d::AllgatherOptions>())->wait();
    return results;
  }

 private:
  template <typename Options>
  Options limited() const {
    Options options;
    options.timeout = timeout_;
    return options;
  }

  c10::intrusive_ptr<Transport> transport_;
  std::chrono::milliseconds timeout_;
};

}  // namespace

#ifdef USE_C10D_GLOO
namespace {

using Gloo = c10d::ProcessGroupGloo;

/// LibTorch 1.13 takes collectives' time-outs from contexts, which only a subclass sees.
struct Contexts : Gloo {
  static void limit(Gloo& gloo, std::chrono::milliseconds timeout) {
    for (const auto& context : gloo.*(&Contexts::contexts_)) context->setTimeout(timeout);
  }
};

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0; }

/// The network interface: `$GLOO_SOCKET_IFNAME`, as in PyTorch, or that of this machine's name.
std::shared_ptr<::gloo::transport::Device> device_for(const Rendezvous& r) {
  const char* name = std::getenv("GLOO_SOCKET_IFNAME");
  if (name != nullptr && *name != '\0') return Gloo::createDeviceForInterface(name);
  return is_loopback(r.host) ? Gloo::createDeviceForHostname(r.host) : Gloo::createDefaultDevice();
}

}  // namespace

std::unique_ptr<Carrier> connect_gloo(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& r) {
  auto options = Gloo::Options::create(r.patience);
  options->devices.push_back(device_for(r));
  options->threads = 1;
  auto gloo = c10::make_intrusive<Gloo>(store, r.rank, r.size, options);
  Contexts::limit(*gloo, r.timeout);
  return std::make_unique<CarrierBy<Gloo>>(std::move(gloo), r.timeout);
}

bool has_gloo() { return true; }

#else

std::unique_ptr<Carrier> connect_gloo(const c10::intrusive_ptr<c10d::Store>&, const Rendezvous&) { return nullptr; }

bool has_gloo() { return false; }

#endif

#ifdef USE_C10D_NCCL
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 2)
constexpr const char* kBlockingWait = "TORCH_NCCL_BLOCKING_WAIT";
#else
constexpr const char* kBlockingWait = "NCCL_BLOCKING_WAIT";
#endif

}  // namespace

std::unique_ptr<Carrier> connect_nccl(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& r) {
  using Nccl = c10d::ProcessGroupNCCL;
  // Else a collective that takes too long would end the process; the thread that waits here is the group's own.
  setenv(kBlockingWait, "1", /*overwrite=*/0);
  auto options = Nccl::Options::create();
  options->timeout = r.timeout;
  return std::make_unique<CarrierBy<Nccl>>(c10::make_intrusive<Nccl>(store, r.rank, r.size, options), r.timeout);
}

bool has_nccl() { return at::hasCUDA(); }

#else

std::unique_ptr<Carrier> connect_nccl(const c10::intrusive_ptr<c10d::Store>&, const Rendezvous&) { return nullptr; }

bool has_nccl() { return false; }

#endif

}  // namespace dira
