#include "kernels/attention_bf16.h"

#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/attention_group.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_bf16.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/attention_bf16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

std::int64_t forward_floats(std::int64_t keys, std::int64_t e) {
  return 2 * keys * e + kBlockQueries * (e + whole_panels(keys)) + 64;
}
std::int64_t forward_bits(std::int64_t keys, std::int64_t e) {
  return bf16::columns_size(keys, e) + bf16::columns_size(e, whole_panels(keys)) +
         bf16::rows_size(kBlockQueries, e) + bf16::rows_size(kBlockQueries, whole_panels(keys)) + 128;
}

struct ForwardMemory {
  KeyRows keys, values;
  bf16::Bits *across, *down;          // all keys as columns, all values as rows
  bf16::Bits *query_tiles, *weights;  // of a block of queries
  float *queries, *scores;
  std::int64_t ld;

  ForwardMemory(float* floats, bf16::Bits* bits, std::int64_t most, std::int64_t e) {
    Workspace workspace{floats};
    BitsWorkspace tiles{bits};
    ld = whole_panels(most);
    keys = {workspace.take(most * e), e};
    values = {workspace.take(most * e), e};
    queries = workspace.take(kBlockQueries * e);
    scores = workspace.take(kBlockQueries * ld);
    across = tiles.take(bf16::columns_size(most, e));
    down = tiles.take(bf16::columns_size(e, ld));
    query_tiles = tiles.take(bf16::rows_size(kBlockQueries, e));
    weights = tiles.take(bf16::rows_size(kBlockQueries, ld));
  }
};

/// Query head h of one sequence, whose keys and values are packed.
void attend_head(const AttentionShape& shape, const AttentionGroup::Sequence& sequence, std::int64_t h,
                 const float* q, const ForwardMemory& memory, float* out, float* log_sum_exp) {
  const std::int64_t e = shape.e, ld = memory.ld;
  alignas(64) float highest[kBlockQueries + kLanes] = {}, totals[kBlockQueries + kLanes] = {};
  for (std::int64_t begin = 0; begin < sequence.length; begin += kBlockQueries) {
    const std::int64_t rows = std::min(kBlockQueries, sequence.length - begin),
                       token = sequence.start + begin, before = sequence.trunk + begin;
    const KeyRange range(shape.window, before, rows);
    for (std::int64_t r = 0; r < rows; ++r)
      scale_row(q + (token + r) * shape.ldq + h * e, shape.scale, e, memory.queries + r * e);
    bf16::path().pack_rows({memory.queries, e}, rows, e, memory.query_tiles);
    key_products(memory.query_tiles, e, rows, range, memory.across, memory.scores, ld);
    for (std::int64_t r = 0; r < rows; ++r)
      weigh_keys(shape.soft_cap, shape.window, range, before + r, memory.scores + r * ld, highest + r,
                 totals + r);
    for (std::int64_t r = 0; log_sum_exp && r < rows; ++r) {
      if (r % kLanes == 0)
        hn::StoreU(hn::Add(load(highest + r), hn::Log(Tag(), load(totals + r))), Tag(), highest + r);
      log_sum_exp[(token + r) * shape.heads + h] = highest[r];
    }
    float* result = out + token * shape.ldo + h * e;
    key_sums(memory.scores, ld, rows, range, memory.down, ld, e, result, shape.ldo, memory.weights);
    for (std::int64_t r = 0; r < rows; ++r)
      scale_row(result + r * shape.ldo, 1 / totals[r], e, result + r * shape.ldo);
  }
}

/// Query heads first_head..last_head-1, which share one key and value head, over one group.
void attend_group(const AttentionShape& shape, std::int64_t index, std::int64_t first_head,
                  std::int64_t last_head, const float* q, const float* k, const float* v, float* out,
                  float* log_sum_exp, float* floats, bf16::Bits* bits) {
  const AttentionGroup group(shape, index);
  const std::int64_t e = shape.e, kv_head = first_head / (shape.heads / shape.kv_heads);
  const ForwardMemory memory(floats, bits, group.most_keys(), e);
  for (std::int64_t b = group.first; b < group.last; ++b) {
    const AttentionGroup::Sequence sequence = group[b];
    memory.keys.copy(k + sequence.start * shape.ldk + kv_head * e, shape.ldk, sequence.trunk,
                     sequence.length);
    memory.values.copy(v + sequence.start * shape.ldv + kv_head * e, shape.ldv, sequence.trunk,
                       sequence.length);
    memory.keys.across(sequence.keys(), memory.across);
    memory.values.down(sequence.keys(), memory.ld, memory.down);
    for (std::int64_t h = first_head; h < last_head; ++h)
      attend_head(shape, sequence, h, q, memory, out, log_sum_exp);
  }
}

std::int64_t backward_floats(std::int64_t keys, std::int64_t e) {
  return 2 * keys * e + 2 * whole_panels(keys) * e + kBlockQueries * (e + 2 * whole_panels(keys)) + 128;
}
std::int64_t backward_bits(std::int64_t keys, std::int64_t e) {
  return 2 * bf16::columns_size(keys, e) + bf16::columns_size(e, whole_panels(keys)) +
         2 * bf16::rows_size(kBlockQueries, e) + 2 * bf16::columns_size(e, kBlockQueries) +
         bf16::rows_size(kBlockQueries, whole_panels(keys)) +
         bf16::rows_size(whole_panels(keys), kBlockQueries) + 256;
}

struct BackwardMemory {
  KeyRows keys, values;
  float *dk, *dv;  // of all keys, [keys, e]
  bf16::Bits *keys_across, *values_across, *keys_down;
  bf16::Bits *query_tiles, *gradient_tiles;    // of a block of queries, as rows of A
  bf16::Bits *query_panels, *gradient_panels;  // and of B
  bf16::Bits *rows, *turned;                   // of their scores
  float *queries, *scores, *products;
  std::int64_t ld;

  BackwardMemory(float* floats, bf16::Bits* bits, std::int64_t most, std::int64_t e) {
    Workspace workspace{floats};
    BitsWorkspace tiles{bits};
    ld = whole_panels(most);
    keys = {workspace.take(most * e), e};
    values = {workspace.take(most * e), e};
    dk = workspace.take(ld * e);
    dv = workspace.take(ld * e);
    queries = workspace.take(kBlockQueries * e);
    scores = workspace.take(kBlockQueries * ld);
    products = workspace.take(kBlockQueries * ld);
    keys_across = tiles.take(bf16::columns_size(most, e));
    values_across = tiles.take(bf16::columns_size(most, e));
    keys_down = tiles.take(bf16::columns_size(e, ld));
    query_tiles = tiles.take(bf16::rows_size(kBlockQueries, e));
    gradient_tiles = tiles.take(bf16::rows_size(kBlockQueries, e));
    query_panels = tiles.take(bf16::columns_size(e, kBlockQueries));
    gradient_panels = tiles.take(bf16::columns_size(e, kBlockQueries));
    rows = tiles.take(bf16::rows_size(kBlockQueries, ld));
    turned = tiles.take(bf16::rows_size(ld, kBlockQueries));
  }
};

/// c [keys of the range, e] goes on with weights^T [keys, rows] times the block's rows.
void add_to_keys(const float* weights, const BackwardMemory& memory, const KeyRange& range, std::int64_t rows,
                 const bf16::Bits* panels, std::int64_t e, float* c) {
  bf16::path().pack_rows_transposed({weights + range.base, memory.ld}, range.size(), rows, memory.turned);
  bf16::path().multiply(memory.turned, rows, panels, bf16::panel_size(rows),
                        {c + range.base * e, e, range.size(), e, bf16::Into::go_on});
}

/// Query head h of one sequence, whose keys and values are packed: writes dq, adds to the gradients of keys
/// and values (Dao et al. 2022, algorithm 4, with whole rows of scores).
void attend_head_backward(const AttentionShape& shape, const AttentionGroup::Sequence& sequence,
                          std::int64_t h, const float* d_out, const float* q, const float* out,
                          const float* log_sum_exp, const BackwardMemory& memory, float* dq) {
  const std::int64_t e = shape.e, ld = memory.ld;
  for (std::int64_t begin = 0; begin < sequence.length; begin += kBlockQueries) {
    const std::int64_t rows = std::min(kBlockQueries, sequence.length - begin),
                       token = sequence.start + begin, before = sequence.trunk + begin;
    const KeyRange range(shape.window, before, rows);
    const bf16::Source gradients{d_out + token * shape.ldo + h * e, shape.ldo}, queries{memory.queries, e};
    for (std::int64_t r = 0; r < rows; ++r)
      scale_row(q + (token + r) * shape.ldq + h * e, shape.scale, e, memory.queries + r * e);
    bf16::path().pack_rows(queries, rows, e, memory.query_tiles);
    bf16::path().pack_rows(gradients, rows, e, memory.gradient_tiles);
    key_products(memory.query_tiles, e, rows, range, memory.keys_across, memory.scores, ld);
    key_products(memory.gradient_tiles, e, rows, range, memory.values_across, memory.products, ld);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = (token + r) * shape.ldo + h * e;
      mask_scores(shape.soft_cap, shape.window, range.base, before + r, memory.scores + r * ld);
      differentiate_row(memory.scores + r * ld + range.base, memory.products + r * ld + range.base,
                        log_sum_exp[(token + r) * shape.heads + h], dot(d_out + at, out + at, e),
                        shape.soft_cap, before + r + 1 - range.base, range.size());
    }
    float* dq_block = dq + token * shape.ldq + h * e;
    key_sums(memory.products, ld, rows, range, memory.keys_down, ld, e, dq_block, shape.ldq, memory.rows);
    for (std::int64_t r = 0; r < rows; ++r)
      scale_row(dq_block + r * shape.ldq, shape.scale, e, dq_block + r * shape.ldq);
    bf16::pack_panels_transposed(gradients, e, rows, bf16::panel_size(rows), memory.gradient_panels);
    bf16::pack_panels_transposed(queries, e, rows, bf16::panel_size(rows), memory.query_panels);
    add_to_keys(memory.scores, memory, range, rows, memory.gradient_panels, e, memory.dv);
    add_to_keys(memory.products, memory, range, rows, memory.query_panels, e, memory.dk);
  }
}

/// to [count, e] += from, whose rows lie side by side.
void add_rows(const float* from, std::int64_t count, std::int64_t e, float* to, std::int64_t ld) {
  for (std::int64_t j = 0; j < count; ++j)
    for (std::int64_t i = 0; i < e; ++i) to[j * ld + i] += from[j * e + i];
}

/// All that flows into one key and value head, from the query heads that share it, over one group.
void attend_group_backward(const AttentionShape& shape, std::int64_t index, std::int64_t kv_head,
                           const float* d_out, const float* q, const float* k, const float* v,
                           const float* out, const float* log_sum_exp, float* dq, float* dk, float* dv,
                           float* floats, bf16::Bits* bits) {
  const AttentionGroup group(shape, index);
  const std::int64_t e = shape.e, heads = shape.heads / shape.kv_heads, trunk = shape.starts[group.first];
  const BackwardMemory memory(floats, bits, group.most_keys(), e);
  k += kv_head * e;
  v += kv_head * e;
  dk += kv_head * e;
  dv += kv_head * e;
  for (std::int64_t j = trunk; j < shape.starts[group.last]; ++j) {
    std::fill_n(dk + j * shape.ldk, e, 0.0f);
    std::fill_n(dv + j * shape.ldv, e, 0.0f);
  }
  for (std::int64_t b = group.first; b < group.last; ++b) {
    const auto sequence = group[b];
    const std::int64_t start = sequence.start, keys = sequence.keys();
    memory.keys.copy(k + start * shape.ldk, shape.ldk, sequence.trunk, sequence.length);
    memory.values.copy(v + start * shape.ldv, shape.ldv, sequence.trunk, sequence.length);
    memory.keys.across(keys, memory.keys_across);
    memory.values.across(keys, memory.values_across);
    memory.keys.down(keys, memory.ld, memory.keys_down);
    std::fill_n(memory.dk, whole_panels(keys) * e, 0.0f);
    std::fill_n(memory.dv, whole_panels(keys) * e, 0.0f);
    for (std::int64_t h = kv_head * heads; h < (kv_head + 1) * heads; ++h)
      attend_head_backward(shape, sequence, h, d_out, q, out, log_sum_exp, memory, dq);
    const std::int64_t own = sequence.trunk * e;
    add_rows(memory.dk, sequence.trunk, e, dk + trunk * shape.ldk, shape.ldk);
    add_rows(memory.dv, sequence.trunk, e, dv + trunk * shape.ldv, shape.ldv);
    add_rows(memory.dk + own, sequence.length, e, dk + start * shape.ldk, shape.ldk);
    add_rows(memory.dv + own, sequence.length, e, dv + start * shape.ldv, shape.ldv);
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(forward_floats);
HWY_EXPORT(forward_bits);
HWY_EXPORT(attend_group);
HWY_EXPORT(backward_floats);
HWY_EXPORT(backward_bits);
HWY_EXPORT(attend_group_backward);

namespace {

template <class Memory>
auto* room(Memory& memory, std::int64_t size) {
  if (std::ssize(memory) < size) memory.resize(static_cast<std::size_t>(size));
  return memory.data();
}

}  // namespace

void causal_attention_bf16(const AttentionShape& shape, const float* q, const float* k, const float* v,
                           float* out, float* log_sum_exp) {
  const AttentionWork work(shape);
  const std::int64_t shared = shape.heads / shape.kv_heads;
  // Heads that share keys and values share the packing too, unless that would leave threads without work.
  const std::int64_t per_task = work.groups * shape.kv_heads >= 2 * omp_get_max_threads() ? shared : 1;
  const std::int64_t tasks = shape.heads / per_task;
  parallel_tasks(work.groups * tasks, work.pairs * shape.e * shape.heads / 64, [&](std::int64_t task) {
    thread_local AlignedFloats floats;
    thread_local bf16::AlignedBits bits;
    const std::int64_t head = task % tasks * per_task;
    HWY_DYNAMIC_DISPATCH(attend_group)
    (shape, task / tasks, head, head + per_task, q, k, v, out, log_sum_exp,
     room(floats, HWY_DYNAMIC_DISPATCH(forward_floats)(work.most_keys, shape.e)),
     room(bits, HWY_DYNAMIC_DISPATCH(forward_bits)(work.most_keys, shape.e)));
  });
}

void causal_attention_backward_bf16(const AttentionShape& shape, const float* d_out, const float* q,
                                    const float* k, const float* v, const float* out,
                                    const float* log_sum_exp, float* dq, float* dk, float* dv) {
  const AttentionWork work(shape);
  parallel_tasks(work.groups * shape.kv_heads, work.pairs * shape.e * shape.heads / 32,
                 [&](std::int64_t task) {
                   thread_local AlignedFloats floats;
                   thread_local bf16::AlignedBits bits;
                   HWY_DYNAMIC_DISPATCH(attend_group_backward)
                   (shape, task / shape.kv_heads, task % shape.kv_heads, d_out, q, k, v, out, log_sum_exp, dq,
                    dk, dv, room(floats, HWY_DYNAMIC_DISPATCH(backward_floats)(work.most_keys, shape.e)),
                    room(bits, HWY_DYNAMIC_DISPATCH(backward_bits)(work.most_keys, shape.e)));
                 });
}

}  // namespace nudge::kernels
#endif
