// A thread beside JavaScript's, for what would block it.
#pragma once
#include <ATen/ATen.h>
#include <node_api.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace dira {

/// Does work one after another, in the order given, each telling JavaScript by a Promise. Node stays alive while there is
/// work, and no longer.
class Lane {
 public:
  /// Gives the tensors that the Promise is to be fulfilled with; what it throws becomes the reason of a refusal. It owns all
  /// that it works with.
  using Work = std::function<std::vector<at::Tensor>()>;

  explicit Lane(napi_env env);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  /// Waits for the thread where it has nothing to do, else leaves it to end by itself: Node may be about to exit.
  ~Lane();

  /// A Promise of the slots of the tensors, which then are the caller's.
  napi_value submit(napi_env env, Work work);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace dira
