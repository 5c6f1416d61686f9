#include "slots.h"

#include <algorithm>

namespace dira {

void Newest::set(uint32_t slot, const at::Tensor& tensor) {
  const at::IntArrayRef sizes = tensor.sizes();
  if (tensor.dim() > kMostDims) {
    values[0] = -1;
    return;
  }
  values[0] = slot;
  values[1] = static_cast<double>(tensor.scalar_type());
  values[2] = static_cast<double>(sizes.size());
  std::copy(sizes.begin(), sizes.end(), values + kHead);
}

uint32_t Slots::keep(at::Tensor tensor) {
  TORCH_CHECK(tensor.defined(), "an operator gave no tensor where one was expected");
  count_in(tensor);
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(tensors_.size()));
    tensors_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  newest.set(slot, tensor);
  tensors_[slot] = std::move(tensor);
  return slot;
}

uint32_t Slots::lend(at::Tensor tensor) {
  lent_.insert(tensor.storage().unsafeGetStorageImpl());
  return keep(std::move(tensor));
}

void Slots::release(uint32_t slot) {
  count_out(at(slot));
  newest.forget(slot);
  tensors_[slot] = at::Tensor();
  free_.push_back(slot);
}

void Slots::replace(uint32_t slot, at::Tensor tensor) {
  count_out(at(slot));
  count_in(tensor);
  newest.set(slot, tensor);
  tensors_[slot] = std::move(tensor);
}

const at::Tensor& Slots::at(uint32_t slot) const {
  TORCH_CHECK(holds(slot), "tensor ", slot, " does not exist (it may have been disposed)");
  return tensors_[slot];
}

void Slots::count_in(const at::Tensor& tensor) {
  const auto& storage = tensor.storage();
  if (storages_[storage.unsafeGetStorageImpl()]++ > 0) return;
  bytes_ += static_cast<int64_t>(storage.nbytes());
  peak_bytes_ = std::max(peak_bytes_, bytes_);
}

void Slots::count_out(const at::Tensor& tensor) {
  const auto& storage = tensor.storage();
  const auto found = storages_.find(storage.unsafeGetStorageImpl());
  if (--found->second > 0) return;
  bytes_ -= static_cast<int64_t>(storage.nbytes());
  if (!lent_.empty()) lent_.erase(found->first);
  storages_.erase(found);
}

}  // namespace dira
