#include "kernels/attention.h"

#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/attention_bf16.h"
#include "kernels/attention_group.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kQueries = 8;  // a block of queries passes over keys and values together

std::int64_t forward_workspace(std::int64_t keys, std::int64_t e) {
  return panels_size(keys, e) + panels_size(e, keys) + kQueries * (e + round_up_to_vectors(keys)) + 64;
}

/// Query head h of one sequence, whose keys and values are packed.
void attend_head(const AttentionShape& shape, const AttentionGroup::Sequence& sequence, std::int64_t h,
                 const float* q, const Panels& keys, const Panels& values, float* queries, float* scores,
                 float* out, float* log_sum_exp) {
  const std::int64_t length = sequence.length, e = shape.e, ld = round_up_to_vectors(keys.n);
  alignas(64) float highest[kQueries + kLanes] = {}, totals[kQueries + kLanes] = {};
  for (std::int64_t begin = 0; begin < length; begin += kQueries) {
    const std::int64_t rows = std::min(kQueries, length - begin), token = sequence.start + begin;
    const QueryBlock block(shape, sequence.trunk + begin, rows);
    for (std::int64_t r = 0; r < rows; ++r) {
      const float* query = q + (token + r) * shape.ldq + h * e;
      scale_row(query, shape.scale, e, queries + r * e);
      if (begin + kQueries + r < length) prefetch(query + kQueries * shape.ldq, e);
    }
    causal_products(queries, e, e, block, keys, scores, ld);
    for (std::int64_t r = 0; r < rows; ++r) {
      mask_scores(shape.soft_cap, shape.window, block.base, block.first + r, scores + r * ld);
      exponentiate(scores + r * ld + block.base, block.first + r + 1 - block.base, block.end() - block.base,
                   highest + r, totals + r);
    }
    for (std::int64_t r = 0; log_sum_exp && r < rows; ++r) {
      if (r % kLanes == 0) {
        hn::StoreU(hn::Add(load(highest + r), hn::Log(Tag(), load(totals + r))), Tag(), highest + r);
      }
      log_sum_exp[(token + r) * shape.heads + h] = highest[r];
    }
    float* result = out + token * shape.ldo + h * e;
    causal_sums(scores, ld, block, values, result, shape.ldo);
    for (std::int64_t r = 0; r < rows; ++r) {
      scale_row(result + r * shape.ldo, 1 / totals[r], e, result + r * shape.ldo);
    }
  }
}

/// Query heads first_head..last_head-1, which share one key and value head, over one group.
void attend(const AttentionShape& shape, std::int64_t index, std::int64_t first_head, std::int64_t last_head,
            const float* q, const float* k, const float* v, float* out, float* log_sum_exp, float* memory) {
  const AttentionGroup group(shape, index);
  const std::int64_t most = group.most_keys(), e = shape.e;
  const std::int64_t kv_head = first_head / (shape.heads / shape.kv_heads);
  Workspace workspace{memory};
  const Panels keys{workspace.take(panels_size(most, e)), most, e};
  const Panels values{workspace.take(panels_size(e, most)), e, most};
  float* queries = workspace.take(kQueries * e);
  float* scores = workspace.take(kQueries * round_up_to_vectors(most));
  for (std::int64_t b = group.first; b < group.last; ++b) {
    const AttentionGroup::Sequence sequence = group[b];
    keys.transpose(k + sequence.start * shape.ldk + kv_head * e, shape.ldk, sequence.trunk, sequence.length);
    values.copy(v + sequence.start * shape.ldv + kv_head * e, shape.ldv, sequence.trunk, sequence.length);
    for (std::int64_t h = first_head; h < last_head; ++h) {
      attend_head(shape, sequence, h, q, keys, values, queries, scores, out, log_sum_exp);
    }
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(attend);
HWY_EXPORT(forward_workspace);

void causal_attention(const AttentionShape& shape, const float* q, const float* k, const float* v, float* out,
                      float* log_sum_exp) {
  if (shape.precision == Precision::bfloat16) return causal_attention_bf16(shape, q, k, v, out, log_sum_exp);
  const AttentionWork work(shape);
  const std::int64_t shared = shape.heads / shape.kv_heads;
  // Heads that share keys and values share the packing too, unless that would leave threads without work.
  const std::int64_t per_task = work.groups * shape.kv_heads >= 2 * omp_get_max_threads() ? shared : 1;
  const std::int64_t tasks = shape.heads / per_task;
  parallel_tasks(work.groups * tasks, work.pairs * shape.e * shape.heads / 32, [&](std::int64_t task) {
    thread_local AlignedFloats memory;
    const auto size =
        static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(forward_workspace)(work.most_keys, shape.e));
    if (memory.size() < size) memory.resize(size);
    const std::int64_t head = task % tasks * per_task;
    HWY_DYNAMIC_DISPATCH(attend)
    (shape, task / tasks, head, head + per_task, q, k, v, out, log_sum_exp, memory.data());
  });
}

}  // namespace nudge::kernels
#endif
