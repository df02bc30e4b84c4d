#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/attention_bf16.h"
#include "kernels/attention_group.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_backward.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kQueries = 32;  // a block of queries passes over keys and values together

/// Gradients of the keys (or values) that a sequence attends to, one after the other: its trunk's, its own.
struct KeyGradients {
  float *trunk, *own;
  std::int64_t trunk_keys, ld;
};

/// c [keys, n] += weights^T times the panels of the block's rows, where each query has weights up to its own
/// position: keys inside the block meet only the queries from their own position on.
HWY_INLINE void add_to_keys(const float* weights, std::int64_t ld, const QueryBlock& block,
                            const Panels& panels, const KeyGradients& c) {
  const std::int64_t rows = block.rows, before = block.first - c.trunk_keys;
  const std::int64_t from_trunk = std::min(block.base, c.trunk_keys), from_own = block.base - from_trunk;
  for (std::int64_t p = 0; p < panels.count(); ++p) {
    const Panel panel = panels[p];
    const std::int64_t column = p * kPanelWidth;
    const float* own = weights + c.trunk_keys;
    multiply<Layout::transposed>(weights + from_trunk, ld, c.trunk_keys - from_trunk, rows, panel,
                                 c.trunk + from_trunk * c.ld + column, c.ld, true);
    multiply<Layout::transposed>(own + from_own, ld, before - from_own, rows, panel,
                                 c.own + from_own * c.ld + column, c.ld, true);
    const std::int64_t step = most_rows(panel.vectors());
    for (std::int64_t r = 0; r < rows; r += step) {
      multiply<Layout::transposed>(own + r * ld + before + r, ld, std::min(step, rows - r), rows - r,
                                   panel.from_row(r), c.own + (before + r) * c.ld + column, c.ld, true);
    }
  }
}

std::int64_t backward_workspace(std::int64_t keys, std::int64_t e) {
  return 2 * panels_size(keys, e) + panels_size(e, keys) + 2 * panels_size(e, kQueries) + kQueries * e +
         2 * kQueries * round_up_to_vectors(keys) + 128;
}

/// What one key and value head needs of a group while its queries pass by.
struct Memory {
  Panels keys_across, values_across, keys;  // of the trunk and one branch
  float *query_panels, *gradient_panels;    // of a block of queries
  float *queries, *scores, *products;
  std::int64_t ld;

  Memory(float* memory, std::int64_t most_keys, std::int64_t e) {
    Workspace workspace{memory};
    keys_across = {workspace.take(panels_size(most_keys, e)), most_keys, e};
    values_across = {workspace.take(panels_size(most_keys, e)), most_keys, e};
    keys = {workspace.take(panels_size(e, most_keys)), e, most_keys};
    query_panels = workspace.take(panels_size(e, kQueries));
    gradient_panels = workspace.take(panels_size(e, kQueries));
    queries = workspace.take(kQueries * e);
    ld = round_up_to_vectors(most_keys);
    scores = workspace.take(kQueries * ld);
    products = workspace.take(kQueries * ld);
  }
};

/// Query head h of one sequence, whose keys and values are packed: writes dq, adds to the gradients of keys
/// and values (Dao et al. 2022, algorithm 4, with whole rows of scores).
void attend_head_backward(const AttentionShape& shape, const AttentionGroup::Sequence& sequence,
                          std::int64_t h, const float* d_out, const float* q, const float* out,
                          const float* log_sum_exp, const Memory& memory, float* dq, const KeyGradients& dk,
                          const KeyGradients& dv) {
  const std::int64_t length = sequence.length, e = shape.e;
  const auto& [keys_across, values_across, keys, query_panels, gradient_panels, queries, scores, products,
               ld] = memory;
  for (std::int64_t begin = 0; begin < length; begin += kQueries) {
    const std::int64_t rows = std::min(kQueries, length - begin), token = sequence.start + begin;
    const QueryBlock block(shape, sequence.trunk + begin, rows);
    const float* gradients = d_out + token * shape.ldo + h * e;
    for (std::int64_t r = 0; r < rows; ++r) {
      const float* query = q + (token + r) * shape.ldq + h * e;
      scale_row(query, shape.scale, e, queries + r * e);
      if (begin + kQueries + r < length) {
        const std::int64_t next = (token + r + kQueries) * shape.ldo + h * e;
        prefetch(query + kQueries * shape.ldq, e);
        prefetch(d_out + next, e);
        prefetch(out + next, e);
      }
    }
    causal_products(queries, e, e, block, keys_across, scores, ld);
    causal_products(gradients, shape.ldo, e, block, values_across, products, ld);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = (token + r) * shape.ldo + h * e, base = block.base;
      mask_scores(shape.soft_cap, shape.window, block.base, block.first + r, scores + r * ld);
      differentiate_row(scores + r * ld + base, products + r * ld + base,
                        log_sum_exp[(token + r) * shape.heads + h], dot(d_out + at, out + at, e),
                        shape.soft_cap, block.first + r + 1 - base, block.end() - base);
    }
    float* dq_block = dq + token * shape.ldq + h * e;
    causal_sums(products, ld, block, keys, dq_block, shape.ldq);
    for (std::int64_t r = 0; r < rows; ++r) {
      scale_row(dq_block + r * shape.ldq, shape.scale, e, dq_block + r * shape.ldq);
    }
    const Panels block_gradients{gradient_panels, e, rows}, block_queries{query_panels, e, rows};
    block_gradients.copy(gradients, shape.ldo, 0, rows);
    block_queries.copy(queries, e, 0, rows);
    add_to_keys(scores, ld, block, block_gradients, dv);
    add_to_keys(products, ld, block, block_queries, dk);
  }
}

/// All that flows into one key and value head, from the query heads that share it, over one group.
void attend_backward(const AttentionShape& shape, std::int64_t index, std::int64_t kv_head,
                     const float* d_out, const float* q, const float* k, const float* v, const float* out,
                     const float* log_sum_exp, float* dq, float* dk, float* dv, float* scratch) {
  const AttentionGroup group(shape, index);
  const std::int64_t e = shape.e, heads = shape.heads / shape.kv_heads;
  const Memory memory(scratch, group.most_keys(), e);
  k += kv_head * e;
  v += kv_head * e;
  dk += kv_head * e;
  dv += kv_head * e;
  for (std::int64_t j = shape.starts[group.first]; j < shape.starts[group.last]; ++j) {
    std::fill_n(dk + j * shape.ldk, e, 0.0f);
    std::fill_n(dv + j * shape.ldv, e, 0.0f);
  }
  const std::int64_t trunk = shape.starts[group.first];
  for (std::int64_t b = group.first; b < group.last; ++b) {
    const auto sequence = group[b];
    const std::int64_t start = sequence.start;
    memory.keys_across.transpose(k + start * shape.ldk, shape.ldk, sequence.trunk, sequence.length);
    memory.values_across.transpose(v + start * shape.ldv, shape.ldv, sequence.trunk, sequence.length);
    memory.keys.copy(k + start * shape.ldk, shape.ldk, sequence.trunk, sequence.length);
    const KeyGradients to_keys{dk + trunk * shape.ldk, dk + start * shape.ldk, sequence.trunk, shape.ldk};
    const KeyGradients to_values{dv + trunk * shape.ldv, dv + start * shape.ldv, sequence.trunk, shape.ldv};
    for (std::int64_t h = kv_head * heads; h < (kv_head + 1) * heads; ++h) {
      attend_head_backward(shape, sequence, h, d_out, q, out, log_sum_exp, memory, dq, to_keys, to_values);
    }
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(attend_backward);
HWY_EXPORT(backward_workspace);

void causal_attention_backward(const AttentionShape& shape, const float* d_out, const float* q,
                               const float* k, const float* v, const float* out, const float* log_sum_exp,
                               float* dq, float* dk, float* dv) {
  if (shape.precision == Precision::bfloat16)
    return causal_attention_backward_bf16(shape, d_out, q, k, v, out, log_sum_exp, dq, dk, dv);
  const AttentionWork work(shape);
  parallel_tasks(
      work.groups * shape.kv_heads, work.pairs * shape.e * shape.heads / 12, [&](std::int64_t task) {
        thread_local AlignedFloats memory;
        const auto size =
            static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(backward_workspace)(work.most_keys, shape.e));
        if (memory.size() < size) memory.resize(size);
        HWY_DYNAMIC_DISPATCH(attend_backward)
        (shape, task / shape.kv_heads, task % shape.kv_heads, d_out, q, k, v, out, log_sum_exp, dq, dk, dv,
         memory.data());
      });
}

}  // namespace nudge::kernels
#endif
