#include "blocks.h"

#include <iterator>

namespace dira {

Blocks::Blocks(char* start, size_t size) : start_(start), size_(size) { add_free(start, size); }

void* Blocks::take(size_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = free_by_size_.lower_bound({size, nullptr});
  if (found == free_by_size_.end()) return nullptr;
  const auto [room, start] = *found;
  taken_.emplace(start, size);
  remove_free(start, room);
  if (room > size) add_free(start + size, room - size);
  return start;
}

void Blocks::give(void* block) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto taken = taken_.find(block);
  char* start = static_cast<char*>(block);
  size_t size = taken->second;
  taken_.erase(taken);
  auto next = free_.lower_bound(start);
  if (next != free_.begin()) {
    const auto [before, room] = *std::prev(next);
    if (before + room == start) {
      remove_free(before, room);
      start = before;
      size += room;
    }
  }
  if (next != free_.end() && start + size == next->first) {
    const auto [after, room] = *next;
    remove_free(after, room);
    size += room;
  }
  add_free(start, size);
}

void Blocks::add_free(char* start, size_t size) {
  free_.emplace(start, size);
  free_by_size_.emplace(size, start);
}

void Blocks::remove_free(char* start, size_t size) {
  free_.erase(start);
  free_by_size_.erase({size, start});
}

}  // namespace dira
