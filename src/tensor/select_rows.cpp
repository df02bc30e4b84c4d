#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "tensor/aten.h"
#include "tensor/leaf_gradient.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor rows_at(const at::Tensor& x, const at::Tensor& index) {
  const std::int64_t width = x.size(1), count = index.numel();
  auto out = at::empty({count, width}, x.options());
  const auto* rows = index.const_data_ptr<std::int64_t>();
  const float* from = data(x);
  float* to = mutable_data(out);
  for (std::int64_t n = 0; n < count; ++n) {
    std::memcpy(to + n * width, from + rows[n] * width, width * sizeof(float));
  }
  return out;
}

/// Adds each row of dy into row index[n] of dx, in order of n whatever the number of threads: threads share
/// out the columns.
void scatter_add(const at::Tensor& dy, const at::Tensor& index, at::Tensor& dx) {
  const std::int64_t width = dx.size(1), count = index.numel(), block = 64;
  const auto* rows = index.const_data_ptr<std::int64_t>();
  const float* from = data(dy);
  float* to = mutable_data(dx);
#pragma omp parallel for schedule(static)
  for (std::int64_t first = 0; first < width; first += block) {
    const std::int64_t last = std::min(width, first + block);
    for (std::int64_t n = 0; n < count; ++n) {
      const float* source = from + n * width;
      float* target = to + rows[n] * width;
      for (std::int64_t d = first; d < last; ++d) target[d] += source[d];
    }
  }
}

struct SelectRowsFunction : torch::autograd::Function<SelectRowsFunction> {
  /// `precision`: of the products with x, where it is a weight.
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& index,
                            Precision precision) {
    ctx->save_for_backward({index});
    // Not among the saved ones, which nobody may change meanwhile.
    if (const auto own = leaf_gradient(x, precision); own.defined()) ctx->saved_data["own"] = own;
    ctx->saved_data["rows"] = x.size(0);
    return rows_at(x, index);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto dy = gradients[0].contiguous();
    const auto own = ctx->saved_data.find("own");
    const bool at_once = own != ctx->saved_data.end();
    auto dx = at_once ? own->second.toTensor()
                      : at::zeros({ctx->saved_data["rows"].toInt(), dy.size(1)}, dy.options());
    scatter_add(dy, ctx->get_saved_variables()[0], dx);
    return {at_once ? at::Tensor() : dx, at::Tensor(), at::Tensor()};
  }
};

/// As a contiguous list of integers, all in range.
at::Tensor checked(const at::Tensor& index_N, std::int64_t limit) {
  auto index = index_N.to(at::kLong).contiguous();
  const auto* rows = index.const_data_ptr<std::int64_t>();
  for (std::int64_t n = 0; n < index.numel(); ++n) {
    require(rows[n] >= 0 && rows[n] < limit, "Selecting rows: row {} of a matrix with {} rows.", rows[n],
            limit);
  }
  return index;
}

}  // namespace

namespace {

at::Tensor selected(const at::Tensor& x, const at::Tensor& index_N, Precision precision) {
  const auto input = x.contiguous(), index = checked(index_N, x.size(0));
  if (!wants_gradient(input)) return rows_at(input, index);
  return SelectRowsFunction::apply(input, index, precision);
}

}  // namespace

at::Tensor select_rows(const at::Tensor& x, const at::Tensor& index_N) {
  return selected(x, index_N, Precision::float32);
}

at::Tensor embedding(const at::Tensor& tokens_T, const Weight& weight_VD) {
  if (!weight_VD.in_panels()) return selected(weight_VD.numbers(), tokens_T, weight_VD.precision());
  const auto index = checked(tokens_T, weight_VD.size(0));
  const std::int64_t width = weight_VD.size(1), count = index.numel();
  auto out = at::empty({count, width}, at::kFloat);
  const auto* rows = index.const_data_ptr<std::int64_t>();
  float* to = mutable_data(out);
#pragma omp parallel for schedule(static)
  for (std::int64_t n = 0; n < count; ++n) weight_VD.copy_row(rows[n], to + n * width);
  return out;
}

}  // namespace nudge
