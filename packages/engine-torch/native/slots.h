// Tensors by number: what JavaScript holds of a tensor is its slot.
#pragma once
#include <ATen/ATen.h>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace dira {

/// What JavaScript reads of the tensor that took a slot last, without a call: `[slot, type, dims, ...sizes]`, the slot -1 when
/// there is none.
struct Newest {
  static constexpr int64_t kMostDims = 13;
  static constexpr size_t kHead = 3;
  static constexpr size_t kLength = kHead + kMostDims;

  void set(uint32_t slot, const at::Tensor& tensor);
  void forget(uint32_t slot) {
    if (values[0] == slot) values[0] = -1;
  }

  double own[kLength] = {-1};
  /// `own`, or memory that JavaScript sees.
  double* values = own;
};

/// A table of tensors. Slots of freed tensors are used again; the bytes are those of all storages, each counted once
/// however many tensors view it.
class Slots {
 public:
  Newest newest;

  uint32_t keep(at::Tensor tensor);
  /// Keeps a tensor whose memory JavaScript writes to, too.
  uint32_t lend(at::Tensor tensor);
  /// Whether a tensor has memory that was lent.
  bool is_lent(uint32_t slot) const { return lent_.count(at(slot).storage().unsafeGetStorageImpl()) > 0; }
  void release(uint32_t slot);
  /// Puts another tensor in a slot that is in use.
  void replace(uint32_t slot, at::Tensor tensor);
  /// Throws c10::Error for a slot that is free.
  const at::Tensor& at(uint32_t slot) const;
  /// Whether no other slot views the same storage.
  bool is_alone(uint32_t slot) const { return storages_.at(at(slot).storage().unsafeGetStorageImpl()) == 1; }
  bool holds(uint32_t slot) const { return slot < tensors_.size() && tensors_[slot].defined(); }

  size_t count() const { return tensors_.size() - free_.size(); }
  int64_t bytes() const { return bytes_; }
  int64_t peak_bytes() const { return peak_bytes_; }
  void reset_peak() { peak_bytes_ = bytes_; }

 private:
  void count_in(const at::Tensor& tensor);
  void count_out(const at::Tensor& tensor);

  std::vector<at::Tensor> tensors_;
  std::vector<uint32_t> free_;
  /// How many slots hold a tensor of the storage.
  std::unordered_map<const void*, uint32_t> storages_;
  std::unordered_set<const void*> lent_;
  int64_t bytes_ = 0;
  int64_t peak_bytes_ = 0;
};

}  // namespace dira
