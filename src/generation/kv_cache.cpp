#include "generation/kv_cache.h"

#include <cstring>
#include <new>

#include "base/error.h"

namespace nudge {

void KvCache::reshape(const Shape& shape) {
  const std::size_t count = shape.slots * shape.layers * shape.kv_heads * shape.capacity * shape.e;
  if (count > keys_.size()) {
    keys_ = {};  // so that growing copies nothing
    values_ = {};
    try {
      keys_.resize(count);
      values_.resize(count);
    } catch (const std::bad_alloc&) {
      fail(
          "generate: the key/value cache needs {:.1f} GiB, which this machine cannot give; use fewer slots "
          "(batch_size) or a smaller max_new_tokens.",
          2.0 * sizeof(float) * static_cast<double>(count) / (1 << 30));
    }
  }
  shape_ = shape;
}

void KvCache::write(std::int64_t slot, std::int64_t layer, std::int64_t position, const float* key,
                    const float* value) {
  const std::size_t bytes = shape_.e * sizeof(float);
  float* keys = this->keys(slot, layer) + position * shape_.e;
  float* values = this->values(slot, layer) + position * shape_.e;
  const std::int64_t stride = shape_.capacity * shape_.e;
  for (std::int64_t head = 0; head < shape_.kv_heads; ++head) {
    std::memcpy(keys + head * stride, key + head * shape_.e, bytes);
    std::memcpy(values + head * stride, value + head * shape_.e, bytes);
  }
}

void KvCache::copy(std::int64_t from, std::int64_t to, std::int64_t length) {
  const std::size_t bytes = length * shape_.e * sizeof(float);
  const std::int64_t stride = shape_.capacity * shape_.e;
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
    for (std::int64_t head = 0; head < shape_.kv_heads; ++head) {
      std::memcpy(keys(to, layer) + head * stride, keys(from, layer) + head * stride, bytes);
      std::memcpy(values(to, layer) + head * stride, values(from, layer) + head * stride, bytes);
    }
  }
}

}  // namespace nudge
