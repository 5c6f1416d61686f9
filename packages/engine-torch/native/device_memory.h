// What a GPU's allocator says of its memory.
#pragma once
#include <c10/core/Device.h>

namespace dira {

/// Bytes of this process on one device.
struct DeviceMemory {
  /// In use, scratch of operators included.
  double allocated;
  /// The most that were, since the start or `reset_device_peak`.
  double peak_allocated;
  /// Taken from the device, to be used again.
  double reserved;
};

/// False where the allocator does not tell: CPUs', and LibTorch's before 2.13.
bool read_device_memory(const c10::Device& device, DeviceMemory& memory);
void reset_device_peak(const c10::Device& device);

}  // namespace dira
