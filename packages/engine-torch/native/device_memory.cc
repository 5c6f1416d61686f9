#include "device_memory.h"

#include <torch/version.h>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 13)
#include <c10/core/CachingDeviceAllocator.h>

namespace dira {
namespace {

/// Null where there is none, or nothing was allocated yet.
c10::DeviceAllocator* allocator_of(const c10::Device& device) {
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
  return allocator != nullptr && allocator->initialized() ? allocator : nullptr;
}

/// One that is not numbered is the first: every environment's current one.
c10::DeviceIndex index_of(const c10::Device& device) { return device.has_index() ? device.index() : 0; }

}  // namespace

bool read_device_memory(const c10::Device& device, DeviceMemory& memory) {
  auto* allocator = allocator_of(device);
  if (allocator == nullptr) return false;
  constexpr auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const auto figures = allocator->getDeviceStats(index_of(device));
  memory.allocated = static_cast<double>(figures.allocated_bytes[kAll].current);
  memory.peak_allocated = static_cast<double>(figures.allocated_bytes[kAll].peak);
  memory.reserved = static_cast<double>(figures.reserved_bytes[kAll].current);
  return true;
}

void reset_device_peak(const c10::Device& device) {
  if (auto* allocator = allocator_of(device)) allocator->resetPeakStats(index_of(device));
}

}  // namespace dira

#else

namespace dira {

bool read_device_memory(const c10::Device&, DeviceMemory&) { return false; }
void reset_device_peak(const c10::Device&) {}

}  // namespace dira

#endif
