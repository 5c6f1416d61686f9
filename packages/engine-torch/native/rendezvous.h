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

/// Returns the store once all processes have come to it. Blocks.
///
/// @throws c10::Error saying who did not come, and what to do.
c10::intrusive_ptr<c10d::Store> meet(const Rendezvous& rendezvous);

}  // namespace dira
