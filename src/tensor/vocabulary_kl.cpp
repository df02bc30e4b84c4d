#include "tensor/vocabulary_kl.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "base/error.h"
#include "tensor/aten.h"
#include "tensor/linear.h"
#include "tensor/ops.h"
#include "tensor/wants_gradient.h"

namespace nudge {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Products with numbers of any type, or as the layers of the model compute them.
at::Tensor times_transposed(const at::Tensor& x, const Weight& w) {
  return w.keeps_panels() ? linear(x, w) : x.matmul(w.numbers().t());
}
at::Tensor times(const at::Tensor& x, const Weight& w) {
  return w.keeps_panels() ? input_gradient(x, w) : x.matmul(w.numbers());
}

// Some rows of the distributions and what they give.
struct Chunk {
  at::Tensor hidden, logits, probabilities, log_ratio, kl;

  Chunk(const HeadInput& policy, const HeadInput& reference, double temperature, std::int64_t first,
        std::int64_t count) {
    const auto logits_of = [&](const HeadInput& head) {
      return head.curve(times_transposed(head.hidden_ND.narrow(0, first, count), head.weight_VD));
    };
    hidden = policy.hidden_ND.narrow(0, first, count);
    logits = logits_of(policy);
    const auto log_p = (logits / temperature).log_softmax(1);
    probabilities = log_p.exp();
    log_ratio = log_p - (logits_of(reference) / temperature).log_softmax(1);
    kl = (probabilities * log_ratio).sum(1);
  }
};

template <class Visit>
void for_each_chunk(const HeadInput& policy, Visit visit) {
  constexpr std::int64_t elements = 1 << 20;
  const std::int64_t n = policy.hidden_ND.size(0);
  const std::int64_t rows = std::max<std::int64_t>(1, elements / policy.weight_VD.size(0));
  for (std::int64_t first = 0; first < n; first += rows) visit(first, std::min(rows, n - first));
}

at::Tensor forward_only(const HeadInput& policy, const HeadInput& reference, double temperature) {
  const auto kl_N = at::empty({policy.hidden_ND.size(0)}, policy.hidden_ND.options());
  for_each_chunk(policy, [&](std::int64_t first, std::int64_t count) {
    kl_N.narrow(0, first, count).copy_(Chunk(policy, reference, temperature, first, count).kl);
  });
  return kl_N;
}

struct VocabularyKl : torch::autograd::Function<VocabularyKl> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& hidden, const at::Tensor& learnt,
                            const HeadInput& policy, const HeadInput& reference, double temperature) {
    static_cast<void>(learnt);  // for autograd to see
    ctx->save_for_backward({hidden, policy.weight_VD.save(*ctx, "policy"), reference.hidden_ND,
                            reference.weight_VD.save(*ctx, "reference")});
    ctx->saved_data["curves"] = std::vector<double>{policy.curve.scale, policy.curve.soft_cap,
                                                    reference.curve.scale, reference.curve.soft_cap};
    ctx->saved_data["temperature"] = temperature;
    return forward_only(policy, reference, temperature);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto curves = ctx->saved_data["curves"].toDoubleVector();
    const HeadInput policy{saved[0], Weight::saved(*ctx, "policy", saved[1]), {curves[0], curves[1]}},
        reference{saved[2], Weight::saved(*ctx, "reference", saved[3]), {curves[2], curves[3]}};
    const double temperature = ctx->saved_data["temperature"].toDouble();
    const auto d_hidden = at::zeros_like(policy.hidden_ND);
    at::Tensor d_weight;
    if (ctx->needs_input_grad(1)) d_weight = at::zeros_like(saved[1]);
    for_each_chunk(policy, [&](std::int64_t first, std::int64_t count) {
      const Chunk chunk(policy, reference, temperature, first, count);
      const auto scale = gradients[0].narrow(0, first, count).unsqueeze(1) / temperature;
      auto d_logits = scale * chunk.probabilities * (chunk.log_ratio - chunk.kl.unsqueeze(1));
      if (!policy.curve.straight()) d_logits = d_logits * policy.curve.slopes(chunk.logits);
      d_hidden.narrow(0, first, count).copy_(times(d_logits, policy.weight_VD));
      if (d_weight.defined()) d_weight.addmm_(d_logits.t(), chunk.hidden);
    });
    return {d_hidden, d_weight, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor vocabulary_kl(const HeadInput& policy, const HeadInput& reference, double temperature) {
  require(
      policy.hidden_ND.size(0) == reference.hidden_ND.size(0) &&
          policy.weight_VD.size(0) == reference.weight_VD.size(0),
      "The exact KL needs the same positions and vocabulary of both models, but got {} and {} positions, {} "
      "and {} tokens.",
      policy.hidden_ND.size(0), reference.hidden_ND.size(0), policy.weight_VD.size(0),
      reference.weight_VD.size(0));
  require(temperature > 0, "The exact KL needs a positive temperature, but got {}.", temperature);
  if (!wants_gradient(policy.hidden_ND, policy.weight_VD))
    return forward_only(policy, reference, temperature);
  return VocabularyKl::apply(policy.hidden_ND, policy.weight_VD.learnt(), policy,
                             HeadInput{reference.hidden_ND.detach(), reference.weight_VD, reference.curve},
                             temperature);
}

}  // namespace nudge
