// A limit for what has none of its own.
#pragma once
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>

namespace dira {

/// How much later than what has a limit of its own, whose errors say more.
constexpr std::chrono::milliseconds kGrace{1000};

/// What `work` gives or throws, if it does so in time. It has a thread of its own, which is left to itself where it takes
/// longer: c10d may wait for ever for a word of what is mute, and nothing ends that but the process. So `work` has to own
/// all that it touches.
template <typename Work>
auto within(std::chrono::milliseconds limit, Work work) -> std::optional<decltype(work())> {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  if (result.wait_for(limit) != std::future_status::ready) return std::nullopt;
  return result.get();
}

}  // namespace dira
