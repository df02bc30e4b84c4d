#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace nudge::kernels {

inline constexpr std::size_t kHugePage = 2 << 20;

/// Asks the system for huge pages in what nobody has touched yet of some memory, as far as it holds whole
/// ones: products that stream a large matrix from small pages take up to a fifth longer.
inline void prefer_huge_pages(void* memory, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory), end = begin + bytes;
  const std::uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage,
                       last = end / kHugePage * kHugePage;
  if (first < last) madvise(static_cast<char*>(memory) + (first - begin), last - first, MADV_HUGEPAGE);
}

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
    prefer_huge_pages(memory, bytes);
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
  static constexpr std::size_t kCacheLine = 64;

  static constexpr std::align_val_t alignment(std::size_t n) {
    return std::align_val_t{n * sizeof(T) < kHugePage ? kCacheLine : kHugePage};
  }
};

using AlignedFloats = std::vector<float, CacheLineAllocator<float>>;

}  // namespace nudge::kernels
