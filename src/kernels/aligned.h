#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace nudge::kernels {

/// Memory on cache-line boundaries, so that no vector load straddles two lines; much of it on huge pages
/// where the system gives them, since a cache of keys and values has more small ones than the processor
/// remembers. Elements that a resize adds are left uninitialised.
template <class T>
struct CacheLineAllocator {
  using value_type = T;

  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}

  T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    void* memory = ::operator new(bytes, alignment(n));
    if (bytes >= kHugePage) madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* p, std::size_t n) { ::operator delete(p, alignment(n)); }
  template <class U>
  void construct(U* p) {
    ::new (static_cast<void*>(p)) U;
  }
  template <class U>
  bool operator==(const CacheLineAllocator<U>&) const {
    return true;
  }

 private:
  static constexpr std::size_t kCacheLine = 64, kHugePage = 2 << 20;

  static constexpr std::align_val_t alignment(std::size_t n) {
    return std::align_val_t{n * sizeof(T) < kHugePage ? kCacheLine : kHugePage};
  }
};

using AlignedFloats = std::vector<float, CacheLineAllocator<float>>;

}  // namespace nudge::kernels
