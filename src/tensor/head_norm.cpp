#include <torch/csrc/autograd/custom_function.h>

#include "kernels/norm.h"
#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Some of the projection's columns, from `column` on, cut into heads as wide as their weight.
struct NormedColumns {
  std::int64_t column;
  kernels::NormedHeads heads;

  NormedColumns(const at::Tensor& qkv, std::int64_t first, std::int64_t width, const at::Tensor& weight)
      : column(first),
        heads{.rows = qkv.size(0), .heads = width / weight.numel(), .d = weight.numel(), .ld = qkv.size(1)} {}

  at::Tensor kept(const at::Tensor& qkv) const { return at::empty({heads.rows, heads.heads}, qkv.options()); }
};

struct HeadNormFunction : torch::autograd::Function<HeadNormFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& qkv, const at::Tensor& q_weight,
                            const at::Tensor& k_weight, double epsilon, std::int64_t queries,
                            std::int64_t keys) {
    const NormedColumns q(qkv, 0, queries, q_weight), k(qkv, queries, keys, k_weight);
    auto y = qkv.clone(), q_inverse = q.kept(qkv), k_inverse = k.kept(qkv);
    const auto normalise = [&](const NormedColumns& part, const at::Tensor& weight, at::Tensor& inverse) {
      kernels::rms_norm_heads(part.heads, data(qkv) + part.column, data(weight), static_cast<float>(epsilon),
                              mutable_data(y) + part.column, mutable_data(inverse));
    };
    normalise(q, q_weight, q_inverse);
    normalise(k, k_weight, k_inverse);
    ctx->save_for_backward({qkv, q_weight, k_weight, q_inverse, k_inverse});
    ctx->saved_data["queries"] = queries;
    ctx->saved_data["keys"] = keys;
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor& qkv = saved[0];
    const std::int64_t queries = ctx->saved_data["queries"].toInt(), keys = ctx->saved_data["keys"].toInt();
    auto d_qkv = gradients[0].clone(at::MemoryFormat::Contiguous);
    const auto differentiate = [&](std::int64_t column, std::int64_t width, const at::Tensor& weight,
                                   const at::Tensor& inverse) {
      const NormedColumns part(qkv, column, width, weight);
      auto d_weight = at::zeros_like(weight);
      float* d = mutable_data(d_qkv) + column;
      kernels::rms_norm_heads_backward(part.heads, d, data(qkv) + column, data(weight), data(inverse), d,
                                       mutable_data(d_weight));
      return d_weight;
    };
    const auto d_q_weight = differentiate(0, queries, saved[1], saved[3]);
    const auto d_k_weight = differentiate(queries, keys, saved[2], saved[4]);
    return {d_qkv, d_q_weight, d_k_weight, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor head_norm(const at::Tensor& qkv, const at::Tensor& q_weight, const at::Tensor& k_weight,
                     double epsilon, const AttentionOptions& options) {
  const std::int64_t queries = options.heads * options.head_size, keys = options.kv_heads * options.head_size;
  require(
      qkv.dim() == 2 && qkv.size(1) == queries + 2 * keys && q_weight.numel() > 0 &&
          queries % q_weight.numel() == 0 && k_weight.numel() > 0 && keys % k_weight.numel() == 0,
      "Norm of queries and keys: a projection {} does not fit weights of {} and {} elements for {} and {} "
      "heads of {}.",
      c10::str(qkv.sizes()), q_weight.numel(), k_weight.numel(), options.heads, options.kv_heads,
      options.head_size);
  const auto input = qkv.contiguous(), q = q_weight.contiguous(), k = k_weight.contiguous();
  if (wants_gradient(input, q, k)) return HeadNormFunction::apply(input, q, k, epsilon, queries, keys);
  auto y = input.clone();
  float* to = mutable_data(y);
  kernels::rms_norm_heads(NormedColumns(input, 0, queries, q).heads, to, data(q), static_cast<float>(epsilon),
                          to, nullptr);
  kernels::rms_norm_heads(NormedColumns(input, queries, keys, k).heads, to + queries, data(k),
                          static_cast<float>(epsilon), to + queries, nullptr);
  return y;
}

}  // namespace nudge
