#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/gemm.h"
#include "kernels/logit_curve.h"
#include "kernels/logprob.h"
#include "kernels/weight_gradient.h"
#include "tensor/aten.h"
#include "tensor/leaf_gradient.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The head over a fixed list of hidden states, visited in chunks of rows whose logits fit the cache, if the
/// vocabulary is not too large.
struct Chunks {
  const at::Tensor& hidden;
  const Weight& weight;
  LogitCurve curve;
  kernels::PackedMatrix memory;  // of panels that the weight has not itself
  const kernels::PackedMatrix& packed;
  at::Tensor logits;  // [rows of a chunk, V]
  at::Tensor slopes;  // likewise, d logit / d product; undefined while nobody asks for it, or it is 1

  /// Logits for the cache. In bf16, whose products wait for memory, more: forward, enough rows for each
  /// reading of a large head; backward, enough that the head's gradient, which each chunk reads and writes,
  /// and its panels, which each turns, are few passes; where the vocabulary is large, as many as fit into 256
  /// MiB.
  Chunks(const at::Tensor& hidden_ND, const Weight& weight_VD, const LogitCurve& its_curve, bool backward)
      : hidden(hidden_ND), weight(weight_VD), curve(its_curve), packed(weight.packed(memory)) {
    const bool rounded = weight.precision() == Precision::bfloat16;
    const std::int64_t elements = rounded && backward ? 64 << 20 : 1 << 20, fewest = rounded ? 128 : 64,
                       most = rounded && backward ? 512 : hidden.size(0);
    const std::int64_t fit = std::min(most, std::max(fewest, elements / weight.size(0)));
    logits = at::empty({std::min(hidden.size(0), fit), weight.size(0)}, hidden.options());
    if (backward && !curve.straight()) slopes = at::empty_like(logits);
  }

  std::int64_t step() const { return logits.size(0); }

  /// Fills the first `count` rows of `logits`, and of `slopes`, from hidden row `first` on.
  float* compute(std::int64_t first, std::int64_t count) {
    float* x = mutable_data(logits);
    kernels::gemm(data(hidden) + first * hidden.size(1), count, hidden.size(1), packed, x, logits.size(1));
    if (!curve.straight())
      kernels::bend_logits(x, count * logits.size(1), static_cast<float>(curve.scale),
                           static_cast<float>(curve.soft_cap),
                           slopes.defined() ? mutable_data(slopes) : nullptr);
    return x;
  }

  /// The first `count` rows of `logits` hold the gradient of the logits and get that of the products.
  void straighten(std::int64_t count) {
    if (slopes.defined()) logits.narrow(0, 0, count).mul_(slopes.narrow(0, 0, count));
  }
};

struct Outputs {
  at::Tensor logprobs, entropies, log_sum_exp;
};

float* at_row(at::Tensor& x, std::int64_t row) {
  return x.defined() ? mutable_data(x) + row : nullptr;
}
const float* at_row(const at::Tensor& x, std::int64_t row) {
  return x.defined() ? data(x) + row : nullptr;
}

Outputs forward(const at::Tensor& hidden, const Weight& weight, const at::Tensor& targets, double temperature,
                bool entropies, const LogitCurve& curve, bool keep) {
  const std::int64_t n = hidden.size(0), v = weight.size(0);
  Outputs out{at::empty({n}, hidden.options()), {}, {}};
  if (entropies) out.entropies = at::empty({n}, hidden.options());
  if (keep) out.log_sum_exp = at::empty({n}, hidden.options());
  if (n == 0) return out;
  Chunks chunks(hidden, weight, curve, false);
  for (std::int64_t first = 0; first < n; first += chunks.step()) {
    const std::int64_t count = std::min(chunks.step(), n - first);
    kernels::log_softmax_pick(chunks.compute(first, count), count, v, v, static_cast<float>(temperature),
                              targets.const_data_ptr<std::int32_t>() + first, at_row(out.logprobs, first),
                              at_row(out.log_sum_exp, first), at_row(out.entropies, first));
  }
  return out;
}

struct TokenLogprobsFunction : torch::autograd::Function<TokenLogprobsFunction> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& hidden, const at::Tensor& learnt,
                               const Weight& weight, const at::Tensor& targets, double temperature,
                               bool entropies, const LogitCurve& curve) {
    static_cast<void>(learnt);  // for autograd to see
    auto out = nudge::forward(hidden, weight, targets, temperature, entropies, curve, true);
    ctx->save_for_backward({hidden, weight.save(*ctx, "weight"), targets, out.log_sum_exp, out.entropies});
    ctx->saved_data["temperature"] = temperature;
    ctx->saved_data["curve"] = std::vector<double>{curve.scale, curve.soft_cap};
    ctx->set_materialize_grads(false);
    if (entropies) return {out.logprobs, out.entropies};
    return {out.logprobs};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &hidden = saved[0], &targets = saved[2], &log_sum_exp = saved[3], &entropies = saved[4];
    const Weight weight = Weight::saved(*ctx, "weight", saved[1]);
    const auto temperature = static_cast<float>(ctx->saved_data["temperature"].toDouble());
    const std::int64_t n = hidden.size(0), d = hidden.size(1), v = weight.size(0);
    const auto d_logprobs = gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(log_sum_exp);
    at::Tensor d_entropies;
    if (gradients.size() > 1 && gradients[1].defined()) d_entropies = gradients[1].contiguous();

    at::Tensor d_hidden, d_weight;
    if (ctx->needs_input_grad(0)) d_hidden = at::empty_like(hidden);
    variable_list result(7);
    result[0] = d_hidden;
    if (ctx->needs_input_grad(1)) {
      d_weight = leaf_gradient(weight.learnt(), weight.precision());
      if (!d_weight.defined()) result[1] = d_weight = at::zeros_like(saved[1]);
    }
    if (n == 0) return result;

    const auto curve = ctx->saved_data["curve"].toDoubleVector();
    Chunks chunks(hidden, weight, {curve[0], curve[1]}, true);
    for (std::int64_t first = 0; first < n; first += chunks.step()) {
      const std::int64_t count = std::min(chunks.step(), n - first);
      float* logits = chunks.compute(first, count);
      kernels::log_softmax_pick_backward(logits, count, v, v, temperature,
                                         targets.const_data_ptr<std::int32_t>() + first,
                                         data(log_sum_exp) + first, data(d_logprobs) + first,
                                         at_row(entropies, first), at_row(d_entropies, first));
      chunks.straighten(count);
      if (d_hidden.defined())
        kernels::gemm_backward(logits, count, v, chunks.packed, mutable_data(d_hidden) + first * d, d);
      if (d_weight.defined())
        kernels::weight_gradient(logits, v, data(hidden) + first * d, d, count, v, d, mutable_data(d_weight),
                                 d, kernels::Store::add, weight.precision());
    }
    return result;
  }
};

}  // namespace

TokenLogprobs token_logprobs(const at::Tensor& hidden_ND, const Weight& weight_VD,
                             const at::Tensor& targets_N, double temperature, bool entropies,
                             const LogitCurve& curve) {
  require(hidden_ND.dim() == 2 && weight_VD.sizes().size() == 2 && hidden_ND.size(1) == weight_VD.size(1) &&
              targets_N.numel() == hidden_ND.size(0),
          "Token log-probabilities: hidden {}, head {} and {} targets do not fit.",
          c10::str(hidden_ND.sizes()), c10::str(weight_VD.sizes()), targets_N.numel());
  require(temperature > 0, "Token log-probabilities: the temperature must be positive, got {}.", temperature);
  const Weight& weight = weight_VD;
  const auto hidden = hidden_ND.contiguous(), targets = targets_N.to(at::kInt).contiguous();
  const auto* target = targets.const_data_ptr<std::int32_t>();
  for (std::int64_t n = 0; n < targets.numel(); ++n) {
    require(target[n] >= 0 && target[n] < weight.size(0),
            "Token log-probabilities: target {} lies outside the vocabulary of {}.", target[n],
            weight.size(0));
  }
  if (!wants_gradient(hidden, weight)) {
    auto out = forward(hidden, weight, targets, temperature, entropies, curve, false);
    return {out.logprobs, out.entropies};
  }
  auto out =
      TokenLogprobsFunction::apply(hidden, weight.learnt(), weight, targets, temperature, entropies, curve);
  return {out[0], entropies ? out[1] : at::Tensor()};
}

}  // namespace nudge
