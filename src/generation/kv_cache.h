#pragma once

#include <cstdint>

#include "kernels/aligned.h"

namespace nudge {

/// Keys (already rotated) and values of every slot, laid out [slot][layer][kv_head][capacity][e]: a slot's
/// cache of one layer is what kernels::decode_attention reads, and copying a prompt between slots is one run
/// of memory per head. The memory is kept between calls of `reshape` and never handed back while it suffices.
class KvCache {
 public:
  struct Shape {
    std::int64_t slots, layers, kv_heads, capacity, e;
  };

  /// Room for `shape`; what was cached is lost. Throws Error when the memory cannot be had.
  void reshape(const Shape& shape);

  std::int64_t capacity() const { return shape_.capacity; }
  float* keys(std::int64_t slot, std::int64_t layer) { return keys_.data() + offset(slot, layer); }
  float* values(std::int64_t slot, std::int64_t layer) { return values_.data() + offset(slot, layer); }

  /// Stores one token's keys and values, each [kv_heads * e], at `position`.
  void write(std::int64_t slot, std::int64_t layer, std::int64_t position, const float* key,
             const float* value);

  /// The first `length` tokens of one slot become those of another.
  void copy(std::int64_t from, std::int64_t to, std::int64_t length);

 private:
  std::int64_t offset(std::int64_t slot, std::int64_t layer) const {
    return (slot * shape_.layers + layer) * shape_.kv_heads * shape_.capacity * shape_.e;
  }

  Shape shape_{};
  kernels::AlignedFloats keys_, values_;
};

}  // namespace nudge
