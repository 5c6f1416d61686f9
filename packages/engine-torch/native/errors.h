#pragma once
#include <exception>
#include <string>

namespace dira {

/// An error's own words: one line, without the C++ stack.
std::string reason_of(const std::exception& error);

}  // namespace dira
