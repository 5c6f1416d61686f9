// How the processes that are to compute together find each other.
#pragma once
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <string>

namespace dira {

/// Of one process; host, port, size and prefix are the same in all.
struct Rendezvous {
  std::string host;
  uint16_t port;
  int rank;
  int size;
  /// Whether this process serves the store in which the others leave word.
  bool serves;
  /// Sets this group's words apart from those of others in the same store.
  std::string prefix;
  /// How long to wait for the others.
  std::chrono::milliseconds patience;
  /// How long each collective may then take.
  std::chrono::milliseconds timeout;

  /// `rank 1 of 4`, as errors name a process.
  std::string self() const { return "rank " + std::to_string(rank) + " of " + std::to_string(size); }
  std::string address() const { return host + ":" + std::to_string(port); }
};

/// A store in which all processes of a group have left word, this one's included.
class Meeting {
 public:
  /// What connects the processes may use: where an earlier try failed, a later one does not see what it left.
  c10::intrusive_ptr<c10d::Store> store() const;
  /// Lets this process try again, after connecting failed.
  void give_up() const;

 private:
  friend Meeting come(const Rendezvous& rendezvous);

  c10::intrusive_ptr<c10d::Store> store_;
  int rank_ = 0;
  /// How many tries to connect there were, of the process that had most: the same in all.
  int64_t turn_ = 0;
};

/// Waits until all processes have come, no longer than the rendezvous has patience. Blocks.
///
/// @throws c10::Error saying who did not come, and what to do. The process may then come again.
Meeting meet(const Rendezvous& rendezvous);

}  // namespace dira
