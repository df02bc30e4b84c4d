#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/attention.h"
#include "kernels/bf16/convert.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/decode_attention_bf16.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/attention_bf16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

std::int64_t decode_floats(std::int64_t group, std::int64_t e, std::int64_t length) {
  return group * (e + whole_panels(length) + 1) + 64;
}
std::int64_t decode_bits(std::int64_t group, std::int64_t e, std::int64_t length) {
  return bf16::rows_size(group, e) + bf16::rows_size(group, whole_panels(length)) + 64;
}

/// The new token's query heads that share a key and value head (q, out: [heads / kv_heads, e]) over its
/// cache.
void attend_to_bits(const DecodeShape& shape, const float* q, const bf16::Bits* keys,
                    const bf16::Bits* values, std::int64_t length, float* out, float* floats,
                    bf16::Bits* bits) {
  const std::int64_t e = shape.e, group = shape.heads / shape.kv_heads, ld = whole_panels(length);
  Workspace workspace{floats};
  BitsWorkspace tiles{bits};
  float *queries = workspace.take(group * e), *scores = workspace.take(group * ld),
        *totals = workspace.take(group);
  bf16::Bits *query_tiles = tiles.take(bf16::rows_size(group, e)),
             *weights = tiles.take(bf16::rows_size(group, ld));
  const KeyRange range(shape.window, length - 1, 1);
  for (std::int64_t g = 0; g < group; ++g) scale_row(q + g * e, shape.scale, e, queries + g * e);
  bf16::path().pack_rows({queries, e}, group, e, query_tiles);
  key_products(query_tiles, e, group, range, keys, scores, ld);
  float highest;
  for (std::int64_t g = 0; g < group; ++g)
    weigh_keys(shape.soft_cap, shape.window, range, length - 1, scores + g * ld, &highest, totals + g);
  key_sums(scores, ld, group, range, values, shape.capacity, e, out, e, weights);
  for (std::int64_t g = 0; g < group; ++g) scale_row(out + g * e, 1 / totals[g], e, out + g * e);
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(decode_floats);
HWY_EXPORT(decode_bits);
HWY_EXPORT(attend_to_bits);

void Bf16Cache::write(std::int64_t position, const float* key, const float* value, bf16::Bits* keys,
                      bf16::Bits* values) const {
  const std::int64_t block = position / bf16::kTileDepth * 2 * bf16::kTile;
  if (position % bf16::kTileDepth == 0) {  // what is zero on the other side must not meet what is no number
    std::fill_n(keys + bf16::at(0, position, e), bf16::panel_size(e), bf16::Bits{0});
    for (std::int64_t column = 0; column < e; column += bf16::kPanelColumns)
      std::fill_n(values + bf16::at(0, column, capacity) + block, 2 * bf16::kTile, bf16::Bits{0});
  }
  for (std::int64_t i = 0; i < e; ++i) {
    keys[bf16::at(i, position, e)] = bf16::round(key[i]);
    values[bf16::at(position, i, capacity)] = bf16::round(value[i]);
  }
}

void Bf16Cache::copy_keys(const bf16::Bits* from, std::int64_t length, bf16::Bits* to) const {
  std::copy_n(from, bf16::columns_size(length, e), to);
}

void Bf16Cache::copy_values(const bf16::Bits* from, std::int64_t length, bf16::Bits* to) const {
  for (std::int64_t column = 0; column < e; column += bf16::kPanelColumns) {
    const std::int64_t panel = bf16::at(0, column, capacity);
    std::copy_n(from + panel, bf16::panel_size(length), to + panel);
  }
}

void decode_attention(const DecodeShape& shape, const float* q, const bf16::Bits* const* keys,
                      const bf16::Bits* const* values, const std::int32_t* lengths, float* out) {
  const std::int64_t e = shape.e, group = shape.heads / shape.kv_heads;
  const Bf16Cache cache{shape.capacity, e};
  std::int64_t tokens = 0, longest = 0;
  for (std::int64_t r = 0; r < shape.rows; ++r) {
    tokens += lengths[r];
    longest = std::max<std::int64_t>(longest, lengths[r]);
  }
  parallel_tasks(shape.rows * shape.kv_heads, tokens * shape.heads * e / 32, [&](std::int64_t task) {
    thread_local AlignedFloats floats;
    thread_local bf16::AlignedBits bits;
    const auto floats_needed =
        static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(decode_floats)(group, e, longest));
    const auto bits_needed = static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(decode_bits)(group, e, longest));
    if (floats.size() < floats_needed) floats.resize(floats_needed);
    if (bits.size() < bits_needed) bits.resize(bits_needed);
    const std::int64_t r = task / shape.kv_heads, h = task % shape.kv_heads;
    HWY_DYNAMIC_DISPATCH(attend_to_bits)
    (shape, q + r * shape.ldq + h * group * e, keys[r] + h * cache.keys_size(),
     values[r] + h * cache.values_size(), lengths[r], out + r * shape.ldo + h * group * e, floats.data(),
     bits.data());
  });
}

}  // namespace nudge::kernels
#endif
