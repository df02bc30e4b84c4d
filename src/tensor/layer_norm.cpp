#include "kernels/layer_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LayerNormFunction : torch::autograd::Function<LayerNormFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, double epsilon) {
    auto y = at::empty_like(x), means = at::empty({x.size(0)}, x.options()), inverse = at::empty_like(means);
    kernels::layer_norm(data(x), data(weight), data(bias), static_cast<float>(epsilon), x.size(0), x.size(1),
                        mutable_data(y), mutable_data(means), mutable_data(inverse));
    ctx->save_for_backward({x, weight, means, inverse});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &means = saved[2], &inverse = saved[3];
    const auto dy = gradients[0].contiguous();
    auto dx = at::empty_like(x), dweight = at::zeros_like(weight), dbias = at::zeros_like(weight);
    kernels::layer_norm_backward(data(dy), data(x), data(weight), data(means), data(inverse), x.size(0),
                                 x.size(1), mutable_data(dx), mutable_data(dweight), mutable_data(dbias));
    return {dx, dweight, dbias, at::Tensor()};
  }
};

}  // namespace

at::Tensor layer_norm(const at::Tensor& x_TD, const at::Tensor& weight_D, const at::Tensor& bias_D,
                      double epsilon) {
  require(x_TD.dim() == 2 && weight_D.numel() == x_TD.size(1) && bias_D.numel() == x_TD.size(1),
          "LayerNorm: the weight has {} elements, the bias {}, and the input {}.", weight_D.numel(),
          bias_D.numel(), c10::str(x_TD.sizes()));
  const auto x = x_TD.contiguous(), weight = weight_D.contiguous(), bias = bias_D.contiguous();
  if (wants_gradient(x, weight, bias)) return LayerNormFunction::apply(x, weight, bias, epsilon);
  auto y = at::empty_like(x);
  kernels::layer_norm(data(x), data(weight), data(bias), static_cast<float>(epsilon), x.size(0), x.size(1),
                      mutable_data(y), nullptr, nullptr);
  return y;
}

}  // namespace nudge
