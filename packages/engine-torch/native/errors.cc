#include "errors.h"

#include <c10/util/Exception.h>

#include <algorithm>

namespace dira {

std::string reason_of(const std::exception& error) {
  const auto* ours = dynamic_cast<const c10::Error*>(&error);
  std::string reason = ours == nullptr ? error.what() : ours->what_without_backtrace();
  // Of memory, LibTorch says which line of its sources saw it, and not what to do.
  const std::string allocator = "DefaultCPUAllocator: ";
  const size_t refused = reason.find(allocator);
  if (refused != std::string::npos) {
    const std::string rest = reason.substr(refused + allocator.size());
    return rest.substr(0, rest.find(". ")) + ": dispose of tensors (tf.tidy), or take smaller batches";
  }
  // It may append where in them it was thrown.
  reason.resize(std::min(reason.size(), reason.find("\nException raised from")));
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return reason;
}

}  // namespace dira
