#include "kernels/activation.h"

#include <torch/csrc/autograd/custom_function.h>

#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Activation saved_activation(AutogradContext* ctx) {
  return static_cast<Activation>(ctx->saved_data["activation"].toInt());
}
void save_activation(AutogradContext* ctx, Activation f) {
  ctx->saved_data["activation"] = static_cast<std::int64_t>(f);
}

at::Tensor activated(const at::Tensor& x, Activation f) {
  auto y = at::empty_like(x);
  kernels::activate(f, data(x), x.numel(), mutable_data(y));
  return y;
}

struct ActivateFunction : torch::autograd::Function<ActivateFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, Activation f) {
    ctx->save_for_backward({x});
    save_activation(ctx, f);
    return activated(x, f);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto x = ctx->get_saved_variables()[0];
    const auto dy = gradients[0].contiguous();
    auto dx = at::empty_like(x);
    kernels::activate_backward(saved_activation(ctx), data(dy), data(x), x.numel(), mutable_data(dx));
    return {dx, at::Tensor()};
  }
};

at::Tensor gated(const at::Tensor& gate_up, Activation f) {
  const std::int64_t rows = gate_up.size(0), width = gate_up.size(1) / 2;
  auto y = at::empty({rows, width}, gate_up.options());
  kernels::gate(f, data(gate_up), rows, width, mutable_data(y));
  return y;
}

struct GateFunction : torch::autograd::Function<GateFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& gate_up, Activation f) {
    ctx->save_for_backward({gate_up});
    save_activation(ctx, f);
    return gated(gate_up, f);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto gate_up = ctx->get_saved_variables()[0];
    const auto dy = gradients[0].contiguous();
    auto d_gate_up = at::empty_like(gate_up);
    kernels::gate_backward(saved_activation(ctx), data(dy), data(gate_up), dy.size(0), dy.size(1),
                           mutable_data(d_gate_up));
    return {d_gate_up, at::Tensor()};
  }
};

}  // namespace

at::Tensor activate(const at::Tensor& x, Activation f) {
  const auto input = x.contiguous();
  return wants_gradient(input) ? ActivateFunction::apply(input, f) : activated(input, f);
}

at::Tensor gate(const at::Tensor& gate_up, Activation f) {
  require(gate_up.dim() == 2 && gate_up.size(1) % 2 == 0, "Gated activation: expected [T, 2F], got {}.",
          c10::str(gate_up.sizes()));
  const auto input = gate_up.contiguous();
  return wants_gradient(input) ? GateFunction::apply(input, f) : gated(input, f);
}

}  // namespace nudge
