/**
 * C++ that is compiled into the binding: glibc's allocator keeps freed memory instead of giving each
 * large tensor's pages back to the system, which would have to hand out and clear new ones for the
 * next (TensorFlow on the CPU takes all tensors from it). A training step's system time halves.
 *
 * @see mallopt(3)
 */
export const KEEP_MEMORY_SOURCE = `#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
__attribute__((constructor)) static void keepFreedMemory() {
  mallopt(M_MMAP_MAX, 0);        // tensors come from the heap, whatever their size
  mallopt(M_TRIM_THRESHOLD, -1); // which never shrinks
  mallopt(M_TOP_PAD, 64 << 20);  // and grows by at least this
  mallopt(M_ARENA_MAX, 1);       // so that all threads use the same
}
#endif
`;
