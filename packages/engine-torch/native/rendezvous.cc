#include "rendezvous.h"

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <vector>

#include "errors.h"
#include "lane.h"

namespace dira {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPollEvery{20};

/// While it lives, LibTorch does not log: with a stack and at length, it would say what our errors say in one line.
class Quiet {
 public:
  Quiet() {
    constexpr int kOnlyFatal = 3;
    if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = kOnlyFatal;
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { FLAGS_caffe2_log_level = before_; }

 private:
  const int before_ = FLAGS_caffe2_log_level;
};

c10::intrusive_ptr<c10d::Store> open_store(const Rendezvous& r) {
  c10d::TCPStoreOptions options;
  options.port = r.port;
  options.isServer = r.serves;
  options.waitWorkers = false;
  options.timeout = r.patience;
  options.multiTenant = true;
  try {
    return c10::make_intrusive<c10d::PrefixStore>(r.prefix, c10::make_intrusive<c10d::TCPStore>(r.host, options));
  } catch (const std::exception& error) {
    TORCH_CHECK(!r.serves, "collectives: ", r.self(), " could not serve the rendezvous at ", r.address(),
                ": set MASTER_ADDR to this machine's address and MASTER_PORT to a free port (", reason_of(error), ")");
    TORCH_CHECK(false, "collectives: ", r.self(), " could not talk to rank 0 at ", r.address(),
                ": see that MASTER_ADDR and MASTER_PORT name it (", reason_of(error), ")");
  }
}

std::string word_of(int rank) { return "came/" + std::to_string(rank); }

std::string listed(const std::vector<int>& ranks) {
  std::string list = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); i += 1) list += (i == 0 ? "" : ", ") + std::to_string(ranks[i]);
  return list;
}

/// Asks the store, which is gone once the process that serves it is.
template <typename Question>
auto ask(const Rendezvous& r, Question question) {
  try {
    return question();
  } catch (const std::exception& error) {
    TORCH_CHECK(false, "collectives: ", r.self(), " lost the rendezvous at ", r.address(),
                " before all came: see why rank 0 ended (", reason_of(error), ")");
  }
}

/// Asks again and again, since a store that waits can't say for whom.
void wait_for_all(c10d::Store& store, const Rendezvous& r, Clock::time_point deadline) {
  std::vector<int> missing(r.size);
  std::iota(missing.begin(), missing.end(), 0);
  const auto came = [&](int rank) { return ask(r, [&] { return store.check({word_of(rank)}); }); };
  for (;;) {
    missing.erase(std::remove_if(missing.begin(), missing.end(), came), missing.end());
    if (missing.empty()) return;
    TORCH_CHECK(Clock::now() < deadline, "collectives: ", r.self(), " waited ", r.patience.count(), " ms at ",
                r.address(), " for ", listed(missing),
                ": start every rank with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE, or raise rendezvousMs");
    std::this_thread::sleep_for(kPollEvery);
  }
}

}  // namespace

c10::intrusive_ptr<c10d::Store> meet(const Rendezvous& r) {
  const Quiet quiet;
  const auto deadline = Clock::now() + r.patience;
  const auto store = open_store(r);
  const int64_t processes = ask(r, [&] { return store->add(word_of(r.rank), 1); });
  TORCH_CHECK(processes == 1, "collectives: another process at ", r.address(), " is ", r.self(),
              " too: give each its own RANK");
  wait_for_all(*store, r, deadline);
  return store;
}

}  // namespace dira
