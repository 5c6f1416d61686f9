// See README.md.
#pragma once
#include <chrono>

namespace gloo {

/// Only used by reference: LibTorch makes them.
class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

}  // namespace gloo
