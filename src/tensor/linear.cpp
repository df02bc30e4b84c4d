#include <torch/csrc/autograd/custom_function.h>

#include "kernels/gemm.h"
#include "kernels/weight_gradient.h"
#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Packed anew at each call (a small share of the product at training sizes), in memory that stays.
kernels::PackedMatrix& packing_buffer() {
  thread_local kernels::PackedMatrix packed;
  return packed;
}

at::Tensor times_transposed(const at::Tensor& x, const at::Tensor& w) {
  auto& packed = packing_buffer();
  packed.pack(data(w), w.size(0), w.size(1), w.size(1));
  auto y = at::empty({x.size(0), w.size(0)}, x.options());
  kernels::gemm(data(x), x.size(0), x.size(1), packed, mutable_data(y), w.size(0));
  return y;
}

at::Tensor input_gradient(const at::Tensor& dy, const at::Tensor& w) {
  auto& packed = packing_buffer();
  packed.pack_transposed(data(w), w.size(0), w.size(1), w.size(1));
  auto dx = at::empty({dy.size(0), w.size(1)}, dy.options());
  kernels::gemm(data(dy), dy.size(0), dy.size(1), packed, mutable_data(dx), w.size(1));
  return dx;
}

at::Tensor weight_gradient(const at::Tensor& dy, const at::Tensor& x) {
  auto dw = at::empty({dy.size(1), x.size(1)}, dy.options());
  kernels::weight_gradient(data(dy), dy.size(1), data(x), x.size(1), x.size(0), dy.size(1), x.size(1),
                           mutable_data(dw), x.size(1));
  return dw;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w) {
    ctx->save_for_backward({x, w});
    return times_transposed(x, w);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const auto dy = gradients[0].contiguous();
    at::Tensor dx, dw;
    if (ctx->needs_input_grad(0)) dx = input_gradient(dy, w);
    if (ctx->needs_input_grad(1)) dw = weight_gradient(dy, x);
    return {dx, dw};
  }
};

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& w) {
  require(x.dim() == 2 && w.dim() == 2 && x.size(1) == w.size(1),
          "Linear layer: the input's width and the weight's do not agree ({} and {}).", c10::str(x.sizes()),
          c10::str(w.sizes()));
  const auto input = x.contiguous(), weight = w.contiguous();
  if (!wants_gradient(input, weight)) return times_transposed(input, weight);
  return LinearFunction::apply(input, weight);
}

}  // namespace nudge
