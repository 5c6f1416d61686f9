// Blocks of memory within one range of addresses.
#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace dira {

/// Gives blocks of a range of addresses, each from the smallest free stretch that it fits into; what is freed joins the free
/// stretches beside it. Any thread may take and give.
class Blocks {
 public:
  Blocks(char* start, size_t size);

  /// A block of `size` bytes, not 0; nullptr where no stretch is long enough.
  void* take(size_t size);
  /// Frees a block that was taken.
  void give(void* block);
  bool holds(const void* address) const { return address >= start_ && address < start_ + size_; }

 private:
  void add_free(char* start, size_t size);
  void remove_free(char* start, size_t size);

  char* const start_;
  const size_t size_;
  std::mutex mutex_;
  std::map<char*, size_t> free_;
  std::set<std::pair<size_t, char*>> free_by_size_;
  std::unordered_map<void*, size_t> taken_;
};

}  // namespace dira
