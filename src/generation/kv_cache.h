#pragma once

#include <cstdint>

#include "kernels/aligned.h"
#include "kernels/attention.h"
#include "tensor/weight.h"

namespace nudge {

/// Keys (already rotated) and values of every slot, as kernels::decode_attention reads them: in fp32 laid out
/// [slot][layer][kv_head][capacity][e], in bf16 [slot][layer][kv_head] of kernels::Bf16Cache. The memory is
/// kept between calls of `reshape` and never handed back while it suffices.
class KvCache {
 public:
  struct Shape {
    std::int64_t slots, layers, kv_heads, capacity, e;
    Precision precision = Precision::float32;
  };

  /// Room for `shape`; what was cached is lost. Throws Error when the memory cannot be had.
  void reshape(const Shape& shape);

  std::int64_t capacity() const { return shape_.capacity; }
  Precision precision() const { return shape_.precision; }
  const float* keys(std::int64_t slot, std::int64_t layer) const {
    return keys_.data() + head(slot, layer, 0) * key_size();
  }
  const float* values(std::int64_t slot, std::int64_t layer) const {
    return values_.data() + head(slot, layer, 0) * value_size();
  }
  const kernels::bf16::Bits* key_bits(std::int64_t slot, std::int64_t layer) const {
    return key_bits_.data() + head(slot, layer, 0) * key_size();
  }
  const kernels::bf16::Bits* value_bits(std::int64_t slot, std::int64_t layer) const {
    return value_bits_.data() + head(slot, layer, 0) * value_size();
  }

  /// Stores one token's keys and values, each [kv_heads * e], at `position`.
  void write(std::int64_t slot, std::int64_t layer, std::int64_t position, const float* key,
             const float* value);

  /// The first `length` tokens of one slot become those of another.
  void copy(std::int64_t from, std::int64_t to, std::int64_t length);

 private:
  bool rounded() const { return shape_.precision == Precision::bfloat16; }
  kernels::Bf16Cache bits() const { return {shape_.capacity, shape_.e}; }
  std::int64_t key_size() const { return rounded() ? bits().keys_size() : shape_.capacity * shape_.e; }
  std::int64_t value_size() const { return rounded() ? bits().values_size() : shape_.capacity * shape_.e; }
  std::int64_t head(std::int64_t slot, std::int64_t layer, std::int64_t head) const {
    return (slot * shape_.layers + layer) * shape_.kv_heads + head;
  }

  Shape shape_{};
  kernels::AlignedFloats keys_, values_;
  kernels::bf16::AlignedBits key_bits_, value_bits_;
};

}  // namespace nudge
