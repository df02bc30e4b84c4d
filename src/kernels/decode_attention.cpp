#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/attention.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/decode_attention.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/softmax-inl.h"
#include "kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {

/// The new token's `group` query heads (q, out: [group, e]) over one key and value head ([length, e]).
void attend_to_cache(const float* q, const float* keys, const float* values, std::int64_t length,
                     std::int64_t group, std::int64_t e, float scale, float* out, float* scores) {
  for (std::int64_t j = 0; j < length; ++j) {
    for (std::int64_t g = 0; g < group; ++g) {
      Vec total = zero();
      for_each_vector(e, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
        total = hn::MulAdd(load(q + g * e + i, count), load(keys + j * e + i, count), total);
      });
      scores[g * length + j] = sum(total) * scale;
    }
  }
  for (std::int64_t g = 0; g < group; ++g) {
    float* row = scores + g * length;
    const float highest = row_maximum(row, length);
    const Vec shift = broadcast(highest);
    Vec sums = zero();
    for_each_vector(length, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const Vec y =
          exponential(hn::Sub(load(row + i, count, -std::numeric_limits<float>::infinity()), shift));
      sums = hn::Add(sums, y);
      store(y, row + i, count);
    });
    const float inverse = 1 / sum(sums);
    for_each_vector(e, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      Vec total = zero();
      for (std::int64_t j = 0; j < length; ++j) {
        total = hn::MulAdd(broadcast(row[j]), load(values + j * e + i, count), total);
      }
      store(hn::Mul(total, broadcast(inverse)), out + g * e + i, count);
    });
  }
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(attend_to_cache);

void decode_attention(const float* q, std::int64_t ldq, const float* const* keys, const float* const* values,
                      const std::int32_t* lengths, std::int64_t rows, std::int64_t heads,
                      std::int64_t kv_heads, std::int64_t e, std::int64_t capacity, float scale, float* out,
                      std::int64_t ldo) {
  const std::int64_t group = heads / kv_heads;
  std::int64_t tokens = 0, longest = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    tokens += lengths[r];
    longest = std::max<std::int64_t>(longest, lengths[r]);
  }
  parallel_tasks(rows * kv_heads, tokens * heads * e / 16, [&](std::int64_t task) {
    thread_local AlignedFloats scores;
    const auto size = static_cast<std::size_t>(group * longest);
    if (scores.size() < size) scores.resize(size);
    const std::int64_t r = task / kv_heads, h = task % kv_heads, cache = h * capacity * e;
    HWY_DYNAMIC_DISPATCH(attend_to_cache)
    (q + r * ldq + h * group * e, keys[r] + cache, values[r] + cache, lengths[r], group, e, scale,
     out + r * ldo + h * group * e, scores.data());
  });
}

}  // namespace nudge::kernels
#endif
