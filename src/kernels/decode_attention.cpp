#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/attention.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/decode_attention.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void four_dots(const float* q, const float* keys, std::int64_t e, float scale, float* scores) {
  for (std::int64_t j = 0; j < 4; ++j) {
    float total = 0;
    for (std::int64_t i = 0; i < e; ++i) total += q[i] * keys[j * e + i];
    scores[j] = total * scale;
  }
}
#else
/// Sums the 128-bit blocks of a vector into one.
template <class D>
HWY_INLINE auto sum_blocks(D d, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    return x;
  } else {
    const hn::Half<D> half;
    return sum_blocks(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}

/// scores[j] = scale * q . keys[j] for four keys: four vectors of partial sums are transposed and added at
/// once.
HWY_INLINE void four_dots(const float* q, const float* keys, std::int64_t e, float scale, float* scores) {
  const Tag d;
  Vec a = zero(), b = zero(), c = zero(), f = zero();
  for_each_vector(e, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec x = load(q + i, count);
    a = hn::MulAdd(x, load(keys + i, count), a);
    b = hn::MulAdd(x, load(keys + e + i, count), b);
    c = hn::MulAdd(x, load(keys + 2 * e + i, count), c);
    f = hn::MulAdd(x, load(keys + 3 * e + i, count), f);
  });
  const Vec ac = hn::Add(hn::InterleaveLower(d, a, c), hn::InterleaveUpper(d, a, c));
  const Vec bf = hn::Add(hn::InterleaveLower(d, b, f), hn::InterleaveUpper(d, b, f));
  const Vec abcf = hn::Add(hn::InterleaveLower(d, ac, bf), hn::InterleaveUpper(d, ac, bf));
  const hn::CappedTag<float, 4> d4;
  hn::StoreU(hn::Mul(sum_blocks(d, abcf), hn::Set(d4, scale)), d4, scores);
}
#endif

/// One row of weights times the values, all columns of up to kVectors vectors at once.
template <int kVectors>
HWY_INLINE void weigh_values(const float* weights, std::int64_t length, const float* values, std::int64_t e,
                             std::int64_t vectors, float* out) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return weigh_values<kVectors - 1>(weights, length, values, e, vectors, out);
  }
  tile<1, kVectors, Layout::row_major>(weights, length, length, values, e, out, e, false);
}

HWY_INLINE void prefetch(const float* p, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += 16) hwy::Prefetch(p + i);
}

std::int64_t decode_workspace(std::int64_t length, std::int64_t group, std::int64_t e) {
  const std::int64_t copy = e % kLanes == 0 ? 0 : panels_size(e, length);
  return (group + 4) * round_up_to_vectors(length + 4) + copy + 64;
}

/// The new token's query heads that share a key and value head (q, out: [heads / kv_heads, e]) over that head
/// ([length, e]). `far`: they come from main memory, whose runs of one head are too short for the processor
/// to foresee them.
void attend_to_cache(const DecodeShape& shape, const float* q, const float* keys, const float* values,
                     std::int64_t length, bool far, float* out, float* memory) {
  const std::int64_t e = shape.e, group = shape.heads / shape.kv_heads;
  const float scale = shape.scale;
  Workspace workspace{memory};
  const std::int64_t ld = round_up_to_vectors(length + 3);
  float* scores = workspace.take(group * ld);
  constexpr std::int64_t kAhead = 16;  // keys
  for (std::int64_t j = 0; j < length; j += 4) {
    if (far) {
      prefetch(keys + (j + kAhead) * e, 4 * e);
      prefetch(values + j * e, 4 * e);
    }
    // The last four keys may overlap the four before them: the same sums again.
    const std::int64_t first = std::max<std::int64_t>(0, std::min(j, length - 4));
    for (std::int64_t g = 0; g < group; ++g) {
      float* to = scores + g * ld + first;
      if (length >= 4) {
        four_dots(q + g * e, keys + first * e, e, scale, to);
      } else {
        for (std::int64_t i = 0; i < length; ++i) to[i] = dot(q + g * e, keys + i * e, e) * scale;
      }
    }
  }
  constexpr std::int64_t kColumns = 8 * kLanes;
  const Panels copies{e % kLanes == 0 ? nullptr : workspace.take(panels_size(e, length)), e, length};
  if (copies.data) copies.copy(values, e, 0, length);
  for (std::int64_t g = 0; g < group; ++g) {
    float highest, total;
    if (shape.soft_cap > 0) cap_scores(scores + g * ld, shape.soft_cap, length);
    exponentiate(scores + g * ld, length, length, &highest, &total);
    scale_row(scores + g * ld, 1 / total, length, scores + g * ld);
  }
  if (copies.data || group > 1) {
    for (std::int64_t p = 0; p < copies.count(); ++p) {
      const std::int64_t column = p * kPanelWidth;
      const Panel panel =
          copies.data ? copies[p] : Panel{values + column, std::min(kPanelWidth, e - column), e};
      multiply<Layout::row_major>(scores, ld, group, length, panel, out + column, e, false);
    }
  } else {
    for (std::int64_t column = 0; column < e; column += kColumns) {
      const std::int64_t vectors = std::min(kColumns, e - column) / kLanes;
      weigh_values<8>(scores, length, values + column, e, vectors, out + column);
    }
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(attend_to_cache);
HWY_EXPORT(decode_workspace);

void decode_attention(const DecodeShape& shape, const float* q, const float* const* keys,
                      const float* const* values, const std::int32_t* lengths, float* out) {
  const std::int64_t e = shape.e, kv_heads = shape.kv_heads, group = shape.heads / kv_heads;
  // Of a cache, only what the window shows: its last tokens.
  const auto seen = [&](std::int64_t r) {
    return shape.window > 0 ? std::min<std::int64_t>(lengths[r], shape.window) : lengths[r];
  };
  std::int64_t tokens = 0, longest = 0;
  for (std::int64_t r = 0; r < shape.rows; ++r) {
    tokens += seen(r);
    longest = std::max(longest, seen(r));
  }
  // Floats of one layer that may be in a cache since the last token.
  constexpr std::int64_t kCached = 512 << 10;
  const bool far = 2 * tokens * kv_heads * e > kCached;
  parallel_tasks(shape.rows * kv_heads, tokens * shape.heads * e / 16, [&](std::int64_t task) {
    thread_local AlignedFloats memory;
    const auto size = static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(decode_workspace)(longest, group, e));
    if (memory.size() < size) memory.resize(size);
    const std::int64_t r = task / kv_heads, h = task % kv_heads;
    const std::int64_t first = (h * shape.capacity + lengths[r] - seen(r)) * e;
    HWY_DYNAMIC_DISPATCH(attend_to_cache)
    (shape, q + r * shape.ldq + h * group * e, keys[r] + first, values[r] + first, seen(r), far,
     out + r * shape.ldo + h * group * e, memory.data());
  });
}

}  // namespace nudge::kernels
#endif
