#include "generation/kv_cache.h"

#include <algorithm>
#include <new>

#include "base/error.h"

namespace nudge {

namespace {

/// Grows two buffers without copying what they hold.
template <class Buffer>
void grow(Buffer& first, std::int64_t first_size, Buffer& second, std::int64_t second_size) {
  if (std::ssize(first) >= first_size && std::ssize(second) >= second_size) return;
  first = {};
  second = {};
  try {
    first.resize(static_cast<std::size_t>(first_size));
    second.resize(static_cast<std::size_t>(second_size));
  } catch (const std::bad_alloc&) {
    fail(
        "generate: the key/value cache needs {:.1f} GiB, which this machine cannot give; use fewer slots "
        "(batch_size) or a smaller max_new_tokens.",
        static_cast<double>(sizeof(first[0])) * static_cast<double>(first_size + second_size) / (1 << 30));
  }
}

}  // namespace

void KvCache::reshape(const Shape& shape) {
  shape_ = shape;
  if (rounded()) shape_.capacity = kernels::Bf16Cache::rounded(shape.capacity);
  const std::int64_t heads = shape.slots * shape.layers * shape.kv_heads;
  if (rounded())
    grow(key_bits_, heads * key_size(), value_bits_, heads * value_size());
  else
    grow(keys_, heads * key_size(), values_, heads * value_size());
}

void KvCache::write(std::int64_t slot, std::int64_t layer, std::int64_t position, const float* key,
                    const float* value) {
  const std::int64_t e = shape_.e;
  for (std::int64_t h = 0; h < shape_.kv_heads; ++h, key += e, value += e) {
    const std::int64_t keys = head(slot, layer, h) * key_size(), values = head(slot, layer, h) * value_size();
    if (rounded()) {
      bits().write(position, key, value, key_bits_.data() + keys, value_bits_.data() + values);
    } else {
      std::copy_n(key, e, keys_.data() + keys + position * e);
      std::copy_n(value, e, values_.data() + values + position * e);
    }
  }
}

void KvCache::copy(std::int64_t from, std::int64_t to, std::int64_t length) {
  const std::int64_t heads = shape_.layers * shape_.kv_heads;
  for (std::int64_t h = 0; h < heads; ++h) {
    const std::int64_t source = from * heads + h, target = to * heads + h;
    if (rounded()) {
      bits().copy_keys(key_bits_.data() + source * key_size(), length,
                       key_bits_.data() + target * key_size());
      bits().copy_values(value_bits_.data() + source * value_size(), length,
                         value_bits_.data() + target * value_size());
    } else {
      std::copy_n(keys_.data() + source * key_size(), length * shape_.e, keys_.data() + target * key_size());
      std::copy_n(values_.data() + source * value_size(), length * shape_.e,
                  values_.data() + target * value_size());
    }
  }
}

}  // namespace nudge
