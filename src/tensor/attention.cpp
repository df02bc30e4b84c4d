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

/// The packed sequences that a projection belongs to, and how its columns are cut into heads.
struct AttentionLayout {
  at::Tensor positions, starts, groups;
  RotaryTable rotary;
  AttentionOptions options;

  std::int64_t width() const { return (options.heads + 2 * options.kv_heads) * options.head_size; }
  std::int64_t keys() const { return options.heads * options.head_size; }
  std::int64_t values() const { return (options.heads + options.kv_heads) * options.head_size; }

  kernels::AttentionShape shape() const {
    return {.starts = starts.const_data_ptr<std::int32_t>(),
            .sequences = starts.numel() - 1,
            .heads = options.heads,
            .kv_heads = options.kv_heads,
            .e = options.head_size,
            .ldq = width(),
            .ldk = width(),
            .ldv = width(),
            .ldo = keys(),
            .scale = options.score_scale(),
            .group_starts = groups.const_data_ptr<std::int32_t>(),
            .groups = groups.numel() - 1,
            .window = options.window,
            .soft_cap = static_cast<float>(options.soft_cap),
            .precision = options.precision};
  }

  /// Queries and keys lie side by side: one call turns both.
  void rotate(at::Tensor& qkv, bool inverse) const {
    if (rotary.rotated() == 0) return;
    kernels::rotary(mutable_data(qkv), positions.const_data_ptr<std::int32_t>(), qkv.size(0),
                    options.heads + options.kv_heads, options.head_size, rotary.rotated(), width(),
                    data(rotary.cosines), data(rotary.sines), inverse);
  }
};

/// `rotated` holds the projection with its queries and keys turned.
at::Tensor attend(const AttentionLayout& layout, const at::Tensor& rotated, float* log_sum_exp) {
  auto out = at::empty({rotated.size(0), layout.keys()}, rotated.options());
  const float* qkv = data(rotated);
  kernels::causal_attention(layout.shape(), qkv, qkv + layout.keys(), qkv + layout.values(),
                            mutable_data(out), log_sum_exp);
  return out;
}

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& qkv, const AttentionLayout& layout) {
    auto rotated = qkv.clone();
    layout.rotate(rotated, false);
    auto log_sum_exp = at::empty({qkv.size(0), layout.options.heads}, qkv.options());
    auto out = attend(layout, rotated, mutable_data(log_sum_exp));
    ctx->save_for_backward({rotated, out, log_sum_exp, layout.positions, layout.starts, layout.groups,
                            layout.rotary.cosines, layout.rotary.sines});
    const AttentionOptions& o = layout.options;
    ctx->saved_data["sizes"] = std::vector<std::int64_t>{o.heads, o.kv_heads, o.head_size, o.window,
                                                         static_cast<std::int64_t>(o.precision)};
    ctx->saved_data["scores"] = std::vector<double>{o.scale, o.soft_cap};
    return out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &rotated = saved[0], &out = saved[1], &log_sum_exp = saved[2];
    const auto sizes = ctx->saved_data["sizes"].toIntVector();
    const auto scores = ctx->saved_data["scores"].toDoubleVector();
    const AttentionLayout layout{saved[3],
                                 saved[4],
                                 saved[5],
                                 {saved[6], saved[7]},
                                 {.heads = sizes[0],
                                  .kv_heads = sizes[1],
                                  .head_size = sizes[2],
                                  .scale = scores[0],
                                  .window = sizes[3],
                                  .soft_cap = scores[1],
                                  .precision = static_cast<Precision>(sizes[4])}};
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

float AttentionOptions::score_scale() const {
  return scale > 0 ? static_cast<float>(scale) : 1.0f / std::sqrt(static_cast<float>(head_size));
}

at::Tensor attention(const at::Tensor& qkv, const PackedBatch& batch, const RotaryTable& rotary,
                     const AttentionOptions& options) {
  const AttentionLayout layout{batch.positions_T, batch.segment_starts_C1, batch.group_starts_G1, rotary,
                               options};
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
