#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/attention.h"
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

/// c [keys, n] += weights^T times the panels of the block's rows, where query first + r has weights up to its
/// own position: keys inside the block meet only the queries from their own position on.
HWY_INLINE void add_to_keys(const float* weights, std::int64_t ld, std::int64_t first, std::int64_t rows,
                            const Panels& panels, float* c, std::int64_t ldc) {
  for (std::int64_t p = 0; p < panels.count(); ++p) {
    const Panel panel = panels[p];
    float* to = c + p * kPanelWidth;
    multiply<Layout::transposed>(weights, ld, first, rows, panel, to, ldc, true);
    const std::int64_t step = most_rows(panel.vectors());
    for (std::int64_t r = 0; r < rows; r += step) {
      multiply<Layout::transposed>(weights + r * ld + first + r, ld, std::min(step, rows - r), rows - r,
                                   panel.from_row(r), to + (first + r) * ldc, ldc, true);
    }
  }
}

/// scores become probabilities p, and products become p * (product - mean), for the first n of `padded`
/// elements; the rest become zero. The rows' memory is whole vectors.
HWY_INLINE void differentiate_row(float* scores, float* products, float log_sum_exp, float mean,
                                  std::int64_t n, std::int64_t padded) {
  const Tag d;
  const Vec shift = broadcast(log_sum_exp), centre = broadcast(mean);
  for (std::int64_t i = 0; i < padded; i += kLanes) {
    Vec p = exponential(hn::Sub(hn::LoadU(d, scores + i), shift));
    Vec slope = hn::Mul(p, hn::Sub(hn::LoadU(d, products + i), centre));
    if (i + kLanes > n) {
      const auto valid = first_lanes(n - i);
      p = hn::IfThenElseZero(valid, p);
      slope = hn::IfThenElseZero(valid, slope);
    }
    hn::StoreU(p, d, scores + i);
    hn::StoreU(slope, d, products + i);
  }
}

std::int64_t backward_workspace(std::int64_t length, std::int64_t e) {
  return 2 * panels_size(length, e) + panels_size(e, length) + 2 * panels_size(e, kQueries) + kQueries * e +
         2 * kQueries * round_up_to_vectors(length) + 128;
}

/// All that flows into one key and value head, from the query heads that share it, over one sequence
/// (Dao et al. 2022, algorithm 4, with whole rows of scores).
void attend_backward(const AttentionShape& shape, std::int64_t sequence, std::int64_t kv_head,
                     const float* d_out, const float* q, const float* k, const float* v, const float* out,
                     const float* log_sum_exp, float* dq, float* dk, float* dv, float* memory) {
  const std::int64_t start = shape.starts[sequence], length = shape.starts[sequence + 1] - start, e = shape.e;
  const std::int64_t group = shape.heads / shape.kv_heads, ld = round_up_to_vectors(length);
  k += start * shape.ldk + kv_head * e;
  v += start * shape.ldv + kv_head * e;
  dk += start * shape.ldk + kv_head * e;
  dv += start * shape.ldv + kv_head * e;
  Workspace workspace{memory};
  const Panels keys_across{workspace.take(panels_size(length, e)), length, e};
  const Panels values_across{workspace.take(panels_size(length, e)), length, e};
  const Panels keys{workspace.take(panels_size(e, length)), e, length};
  keys_across.transpose(k, shape.ldk);
  values_across.transpose(v, shape.ldv);
  keys.copy(k, shape.ldk);
  float* query_memory = workspace.take(panels_size(e, kQueries));
  float* gradient_memory = workspace.take(panels_size(e, kQueries));
  float* queries = workspace.take(kQueries * e);
  float* scores = workspace.take(kQueries * ld);
  float* products = workspace.take(kQueries * ld);
  for (std::int64_t j = 0; j < length; ++j) {
    std::fill_n(dk + j * shape.ldk, e, 0.0f);
    std::fill_n(dv + j * shape.ldv, e, 0.0f);
  }

  for (std::int64_t h = kv_head * group; h < (kv_head + 1) * group; ++h) {
    for (std::int64_t first = 0; first < length; first += kQueries) {
      const std::int64_t rows = std::min(kQueries, length - first), token = start + first;
      const float* gradients = d_out + token * shape.ldo + h * e;
      for (std::int64_t r = 0; r < rows; ++r) {
        const float* query = q + (token + r) * shape.ldq + h * e;
        scale_row(query, shape.scale, e, queries + r * e);
        if (first + kQueries + r < length) {
          const std::int64_t next = (token + r + kQueries) * shape.ldo + h * e;
          prefetch(query + kQueries * shape.ldq, e);
          prefetch(d_out + next, e);
          prefetch(out + next, e);
        }
      }
      causal_products(queries, e, e, first, rows, keys_across, scores, ld);
      causal_products(gradients, shape.ldo, e, first, rows, values_across, products, ld);
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t at = (token + r) * shape.ldo + h * e;
        differentiate_row(scores + r * ld, products + r * ld, log_sum_exp[(token + r) * shape.heads + h],
                          dot(d_out + at, out + at, e), first + r + 1, first + rows);
      }
      float* dq_block = dq + token * shape.ldq + h * e;
      causal_sums(products, ld, first, rows, keys, dq_block, shape.ldq);
      for (std::int64_t r = 0; r < rows; ++r) {
        scale_row(dq_block + r * shape.ldq, shape.scale, e, dq_block + r * shape.ldq);
      }
      const Panels block_gradients{gradient_memory, e, rows}, block_queries{query_memory, e, rows};
      block_gradients.copy(gradients, shape.ldo);
      block_queries.copy(queries, e);
      add_to_keys(scores, ld, first, rows, block_gradients, dv, shape.ldv);
      add_to_keys(products, ld, first, rows, block_queries, dk, shape.ldk);
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
  std::int64_t longest = 0, work = 0;
  for (std::int64_t b = 0; b < shape.sequences; ++b) {
    const std::int64_t length = shape.starts[b + 1] - shape.starts[b];
    longest = std::max(longest, length);
    work += length * (length + 16) * shape.e * shape.heads / 12;
  }
  parallel_tasks(shape.sequences * shape.kv_heads, work, [&](std::int64_t task) {
    thread_local AlignedFloats memory;
    const auto size = static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(backward_workspace)(longest, shape.e));
    if (memory.size() < size) memory.resize(size);
    HWY_DYNAMIC_DISPATCH(attend_backward)
    (shape, task / shape.kv_heads, task % shape.kv_heads, d_out, q, k, v, out, log_sum_exp, dq, dk, dv,
     memory.data());
  });
}

}  // namespace nudge::kernels
#endif
