#include "errors.h"

#include <c10/util/Exception.h>

#include <algorithm>

namespace dira {

std::string reason_of(const std::exception& error) {
  const auto* ours = dynamic_cast<const c10::Error*>(&error);
  std::string reason = ours == nullptr ? error.what() : ours->what_without_backtrace();
  // LibTorch may append where in its sources it was thrown.
  reason.resize(std::min(reason.size(), reason.find("\nException raised from")));
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return reason;
}

}  // namespace dira
