#include "kernels/attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "kernels/rotary.h"
#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// How the columns of the projection are cut into heads, and the packed sequences they belong to.
struct AttentionLayout {
  at::Tensor positions, starts, groups, cosines, sines;
  std::int64_t heads, kv_heads, e;

  std::int64_t width() const { return (heads + 2 * kv_heads) * e; }
  std::int64_t keys() const { return heads * e; }
  std::int64_t values() const { return (heads + kv_heads) * e; }

  kernels::AttentionShape shape() const {
    return {.starts = starts.const_data_ptr<std::int32_t>(),
            .sequences = starts.numel() - 1,
            .heads = heads,
            .kv_heads = kv_heads,
            .e = e,
            .ldq = width(),
            .ldk = width(),
            .ldv = width(),
            .ldo = heads * e,
            .scale = 1.0f / std::sqrt(static_cast<float>(e)),
            .group_starts = groups.const_data_ptr<std::int32_t>(),
            .groups = groups.numel() - 1};
  }

  /// Queries and keys lie side by side: one call turns both.
  void rotate(at::Tensor& qkv, bool inverse) const {
    kernels::rotary(mutable_data(qkv), positions.const_data_ptr<std::int32_t>(), qkv.size(0),
                    heads + kv_heads, e, 2 * cosines.size(1), width(), data(cosines), data(sines), inverse);
  }
};

/// `rotated` holds the projection with its queries and keys turned.
at::Tensor attend(const AttentionLayout& layout, const at::Tensor& rotated, float* log_sum_exp) {
  auto out = at::empty({rotated.size(0), layout.heads * layout.e}, rotated.options());
  const float* qkv = data(rotated);
  kernels::causal_attention(layout.shape(), qkv, qkv + layout.keys(), qkv + layout.values(),
                            mutable_data(out), log_sum_exp);
  return out;
}

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& qkv, const AttentionLayout& layout) {
    auto rotated = qkv.clone();
    layout.rotate(rotated, false);
    auto log_sum_exp = at::empty({qkv.size(0), layout.heads}, qkv.options());
    auto out = attend(layout, rotated, mutable_data(log_sum_exp));
    ctx->save_for_backward({rotated, out, log_sum_exp, layout.positions, layout.starts, layout.groups,
                            layout.cosines, layout.sines});
    ctx->saved_data["heads"] = layout.heads;
    ctx->saved_data["kv_heads"] = layout.kv_heads;
    ctx->saved_data["e"] = layout.e;
    return out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &rotated = saved[0], &out = saved[1], &log_sum_exp = saved[2];
    const AttentionLayout layout{saved[3],
                                 saved[4],
                                 saved[5],
                                 saved[6],
                                 saved[7],
                                 ctx->saved_data["heads"].toInt(),
                                 ctx->saved_data["kv_heads"].toInt(),
                                 ctx->saved_data["e"].toInt()};
    const auto d_out = gradients[0].contiguous();
    auto d_qkv = at::empty_like(rotated);
    const float* qkv = data(rotated);
    float* d = mutable_data(d_qkv);
    kernels::causal_attention_backward(layout.shape(), data(d_out), qkv, qkv + layout.keys(),
                                       qkv + layout.values(), data(out), data(log_sum_exp), d,
                                       d + layout.keys(), d + layout.values());
    layout.rotate(d_qkv, true);
    return {d_qkv, at::Tensor()};
  }
};

}  // namespace

at::Tensor attention(const at::Tensor& qkv, const PackedBatch& batch, const RotaryTable& rotary,
                     std::int64_t heads, std::int64_t kv_heads, std::int64_t head_size) {
  const AttentionLayout layout{batch.positions_T,
                               batch.segment_starts_C1,
                               batch.group_starts_G1,
                               rotary.cosines,
                               rotary.sines,
                               heads,
                               kv_heads,
                               head_size};
  require(qkv.dim() == 2 && qkv.size(0) == batch.tokens() && qkv.size(1) == layout.width(),
          "Attention: expected a projection [{}, {}], got {}.", batch.tokens(), layout.width(),
          c10::str(qkv.sizes()));
  const auto input = qkv.contiguous();
  if (wants_gradient(input)) return AttentionFunction::apply(input, layout);
  auto rotated = input.clone();
  layout.rotate(rotated, false);
  return attend(layout, rotated, nullptr);
}

}  // namespace nudge
