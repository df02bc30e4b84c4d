#include "kernels/swiglu.h"

#include <torch/csrc/autograd/custom_function.h>

#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor forward(const at::Tensor& gate_up) {
  const std::int64_t rows = gate_up.size(0), f = gate_up.size(1) / 2;
  auto y = at::empty({rows, f}, gate_up.options());
  kernels::swiglu(data(gate_up), rows, f, mutable_data(y));
  return y;
}

struct SwigluFunction : torch::autograd::Function<SwigluFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& gate_up) {
    ctx->save_for_backward({gate_up});
    return nudge::forward(gate_up);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto gate_up = ctx->get_saved_variables()[0];
    const auto dy = gradients[0].contiguous();
    auto d_gate_up = at::empty_like(gate_up);
    kernels::swiglu_backward(data(dy), data(gate_up), dy.size(0), dy.size(1), mutable_data(d_gate_up));
    return {d_gate_up};
  }
};

}  // namespace

at::Tensor swiglu(const at::Tensor& gate_up) {
  require(gate_up.dim() == 2 && gate_up.size(1) % 2 == 0, "SwiGLU: expected [T, 2F], got {}.",
          c10::str(gate_up.sizes()));
  const auto input = gate_up.contiguous();
  if (!wants_gradient(input)) return forward(input);
  return SwigluFunction::apply(input);
}

}  // namespace nudge
