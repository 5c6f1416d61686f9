// Large tensors on CPUs have memory apart from what else a process allocates. Among it, in the C library's heap, what is
// freed lies scattered between small things that stay, so that the next tensor seldom fits and the heap grows; and given
// back to the system at each release, its pages would have to be cleared anew for the next. Here they are kept, side by side,
// in huge pages where the system has them.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "blocks.h"

namespace dira {
namespace {

/// Below it, LibTorch's own allocator.
constexpr size_t kLeast = 1 << 20;
constexpr size_t kPage = 4096;

Blocks* blocks = nullptr;
c10::Allocator* others = nullptr;

void release(void* data) {
  if (blocks->holds(data)) blocks->give(data);
  else others->raw_deleter()(data);
}

c10::DataPtr allocate_for(size_t size) {
  void* data = size < kLeast ? nullptr : blocks->take((size + kPage - 1) & ~(kPage - 1));
  // Also where there is no room: it knows what to say of too much.
  if (data == nullptr) return others->allocate(size);
  return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
}

/// LibTorch's interface differs between releases; in each, some of these functions are its virtual ones.
class Allocator : public c10::Allocator {
 public:
  virtual ~Allocator() = default;
  c10::DataPtr allocate(size_t size) { return allocate_for(size); }
  c10::DataPtr allocate(size_t size) const { return allocate_for(size); }
  c10::DeleterFnPtr raw_deleter() const { return &release; }
  void copy_data(void* to, const void* from, size_t size) const { std::memcpy(to, from, size); }
};

/// Memory that tensors have goes by way of this library until the process ends, also after the last thread that uses it.
void stay_loaded() {
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(&release), &self) != 0) dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/// Addresses for as much as the machine has, of which none takes memory before it is written to. Once a process.
bool install() {
  const size_t size = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  void* start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return false;
  madvise(start, size, MADV_HUGEPAGE);
  stay_loaded();
  blocks = new Blocks(static_cast<char*>(start), size);
  others = c10::GetCPUAllocator();
  c10::SetCPUAllocator(new Allocator());
  return true;
}

const bool installed = install();

}  // namespace
}  // namespace dira
#endif
