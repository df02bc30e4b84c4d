#include "tensor/linear.h"

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/gemm.h"
#include "kernels/weight_gradient.h"
#include "tensor/aten.h"
#include "tensor/leaf_gradient.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What a learner changes is packed anew at each call (a small share of the product at training sizes), in
/// memory that stays.
kernels::PackedMatrix& packing_buffer() {
  thread_local kernels::PackedMatrix packed;
  return packed;
}

at::Tensor times_transposed(const at::Tensor& x, const Weight& w) {
  auto y = at::empty({x.size(0), w.size(0)}, x.options());
  kernels::gemm(data(x), x.size(0), x.size(1), w.packed(packing_buffer()), mutable_data(y), w.size(0));
  return y;
}

/// What autograd is to add; undefined where it is added already.
at::Tensor weight_gradient(const at::Tensor& dy, const at::Tensor& x, const Weight& w) {
  auto own = leaf_gradient(w.learnt(), w.precision());
  auto dw = own.defined() ? own : at::empty({dy.size(1), x.size(1)}, dy.options());
  kernels::weight_gradient(data(dy), dy.size(1), data(x), x.size(1), x.size(0), dy.size(1), x.size(1),
                           mutable_data(dw), x.size(1),
                           own.defined() ? kernels::Store::add : kernels::Store::replace, w.precision());
  return own.defined() ? at::Tensor() : dw;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& learnt,
                            const Weight& w) {
    ctx->save_for_backward({learnt.requires_grad() ? x : at::Tensor(), w.save(*ctx, "weight")});
    return times_transposed(x, w);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto dy = gradients[0].contiguous();
    const Weight w = Weight::saved(*ctx, "weight", saved[1]);
    at::Tensor dx, dw;
    if (ctx->needs_input_grad(0)) dx = input_gradient(dy, w);
    if (ctx->needs_input_grad(1)) dw = weight_gradient(dy, saved[0], w);
    return {dx, dw, at::Tensor()};
  }
};

}  // namespace

at::Tensor input_gradient(const at::Tensor& dy, const Weight& w) {
  auto& packed = packing_buffer();
  auto dx = at::empty({dy.size(0), w.size(1)}, dy.options());
  if (w.keeps_panels()) {
    kernels::gemm_backward(data(dy), dy.size(0), dy.size(1), w.packed(packed), mutable_data(dx), w.size(1));
  } else {
    packed.pack_transposed(data(w.numbers()), w.size(0), w.size(1), w.size(1));
    kernels::gemm(data(dy), dy.size(0), dy.size(1), packed, mutable_data(dx), w.size(1));
  }
  return dx;
}

at::Tensor linear(const at::Tensor& x, const Weight& w) {
  require(x.dim() == 2 && w.sizes().size() == 2 && x.size(1) == w.size(1),
          "Linear layer: the input's width and the weight's do not agree ({} and {}).", c10::str(x.sizes()),
          c10::str(w.sizes()));
  const auto input = x.contiguous();
  if (!wants_gradient(input, w)) return times_transposed(input, w);
  return LinearFunction::apply(input, w.learnt(), w);
}

at::Tensor Linear::operator()(const at::Tensor& x_TK) const {
  auto y = nudge::linear(x_TK, weight_NK);
  if (bias_N.defined()) y = y + bias_N;
  return adapters.empty() ? y : y + low_rank_terms(x_TK);
}

at::Tensor Linear::low_rank_terms(const at::Tensor& x_TK) const {
  std::vector<at::Tensor> columns;
  std::int64_t filled = 0;
  const auto nothing_until = [&](std::int64_t row) {
    if (row > filled) columns.push_back(at::zeros({x_TK.size(0), row - filled}, x_TK.options()));
  };
  for (const LowRank& adapter : adapters) {
    nothing_until(adapter.row);
    columns.push_back(nudge::linear(nudge::linear(x_TK, adapter.a_RK) * adapter.scale, adapter.b_NR));
    filled = adapter.row + adapter.b_NR.size(0);
  }
  nothing_until(weight_NK.size(0));
  return columns.size() == 1 ? columns.front() : at::cat(columns, 1);
}

at::Tensor Linear::merged() const {
  if (adapters.empty()) return weight_NK.numbers().detach();
  const at::NoGradGuard no_grad;
  auto sum = weight_NK.in_panels() ? weight_NK.numbers() : weight_NK.numbers().detach().clone();
  for (const LowRank& adapter : adapters)
    sum.narrow(0, adapter.row, adapter.b_NR.size(0))
        .add_(at::mm(adapter.b_NR.numbers(), adapter.a_RK.numbers()), adapter.scale);
  return sum;
}

}  // namespace nudge
