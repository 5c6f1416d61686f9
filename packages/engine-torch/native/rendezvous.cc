#include "rendezvous.h"

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "errors.h"
#include "within.h"

namespace dira {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPollEvery{20};

/// While one lives, on any thread, LibTorch does not log: with a stack and at length, it would say what our errors say in
/// one line, or what nobody waits for any more.
class Quiet {
 public:
  Quiet() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (living_++ > 0) return;
    before_ = FLAGS_caffe2_log_level;
    constexpr int kOnlyFatal = 3;
    if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = kOnlyFatal;
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--living_ == 0) FLAGS_caffe2_log_level = before_;
  }

 private:
  static inline std::mutex mutex_;
  static inline int living_ = 0;
  static inline int before_ = 0;
};

c10::intrusive_ptr<c10d::Store> open_store(const Rendezvous& r) {
  c10d::TCPStoreOptions options;
  options.port = r.port;
  options.isServer = r.serves;
  options.waitWorkers = false;
  // LibTorch 1.13 counts whole seconds, and has no patience at all where there is less than one.
  options.timeout = r.patience + kGrace;
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

std::string turn_of(int rank) { return "turn/" + std::to_string(rank); }

/// So that this process is not taken for another one when it comes again.
void withdraw(c10d::Store& store, int rank) {
  try {
    store.deleteKey(word_of(rank));
  } catch (const std::exception&) {
    // The store is gone, and the word with it.
  }
}

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

/// The latest of all processes' turns: one that failed early had fewer.
int64_t latest_turn(c10d::Store& store, const Rendezvous& r) {
  int64_t latest = 0;
  for (int rank = 0; rank < r.size; rank += 1)
    latest = std::max(latest, ask(r, [&] { return store.add(turn_of(rank), 0); }));
  return latest;
}

}  // namespace

Meeting come(const Rendezvous& r) {
  const Quiet quiet;
  const auto deadline = Clock::now() + r.patience;
  Meeting meeting;
  meeting.store_ = open_store(r);
  meeting.rank_ = r.rank;
  const int64_t processes = ask(r, [&] { return meeting.store_->add(word_of(r.rank), 1); });
  TORCH_CHECK(processes == 1, "collectives: another process at ", r.address(), " is ", r.self(),
              " too: give each its own RANK");
  try {
    wait_for_all(*meeting.store_, r, deadline);
    meeting.turn_ = latest_turn(*meeting.store_, r);
    TORCH_CHECK(Clock::now() < deadline + kGrace, "collectives: ", r.self(), " came too late for anyone to hear of it");
  } catch (const std::exception&) {
    withdraw(*meeting.store_, r.rank);
    throw;
  }
  return meeting;
}

Meeting meet(const Rendezvous& r) {
  auto meeting = within(r.patience + kGrace, [r] { return come(r); });
  TORCH_CHECK(meeting.has_value(), "collectives: ", r.self(), " had no answer within ", r.patience.count(), " ms from ",
              r.address(), ", where something listens: see that MASTER_ADDR and MASTER_PORT name rank 0, and that it runs");
  return std::move(*meeting);
}

c10::intrusive_ptr<c10d::Store> Meeting::store() const {
  return c10::make_intrusive<c10d::PrefixStore>(std::to_string(turn_), store_);
}

void Meeting::give_up() const {
  try {
    store_->add(turn_of(rank_), turn_ + 1 - store_->add(turn_of(rank_), 0));
  } catch (const std::exception&) {
    return;  // The store is gone, and all words with it.
  }
  withdraw(*store_, rank_);
}

}  // namespace dira
