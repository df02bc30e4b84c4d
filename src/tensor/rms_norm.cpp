#include <torch/csrc/autograd/custom_function.h>

#include "kernels/norm.h"
#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor forward(const at::Tensor& x, const at::Tensor& weight, double epsilon, float* inverse_rms) {
  auto y = at::empty_like(x);
  kernels::rms_norm(data(x), data(weight), static_cast<float>(epsilon), x.size(0), x.size(1), mutable_data(y),
                    inverse_rms);
  return y;
}

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight,
                            double epsilon) {
    auto inverse_rms = at::empty({x.size(0)}, x.options());
    auto y = nudge::forward(x, weight, epsilon, mutable_data(inverse_rms));
    ctx->save_for_backward({x, weight, inverse_rms});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &inverse_rms = saved[2];
    const auto dy = gradients[0].contiguous();
    auto dx = at::empty_like(x), dweight = at::zeros_like(weight);
    kernels::rms_norm_backward(data(dy), data(x), data(weight), data(inverse_rms), x.size(0), x.size(1),
                               mutable_data(dx), mutable_data(dweight));
    return {dx, dweight, at::Tensor()};
  }
};

}  // namespace

at::Tensor rms_norm(const at::Tensor& x_TD, const at::Tensor& weight_D, double epsilon) {
  require(x_TD.dim() == 2 && weight_D.numel() == x_TD.size(1),
          "RMSNorm: the weight has {} elements and the input {}.", weight_D.numel(), c10::str(x_TD.sizes()));
  const auto x = x_TD.contiguous(), weight = weight_D.contiguous();
  if (!wants_gradient(x, weight)) return forward(x, weight, epsilon, nullptr);
  return RmsNormFunction::apply(x, weight, epsilon);
}

}  // namespace nudge
