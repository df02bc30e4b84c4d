#include "objectives/bradley_terry.h"
#include "objectives/pairs/pair_losses.h"
#include "objectives/replay/golden_case.h"
#include "objectives/replay/kinds.h"

namespace nudge::golden {

double replay_bradley_terry(const Json& golden) {
  const auto or_undefined = [&](const char* name) {
    return golden.at(name).is_null() ? at::Tensor() : tensor(golden, name);
  };
  const auto chosen_P = tensor(golden, "chosen").requires_grad_(),
             rejected_P = tensor(golden, "rejected").requires_grad_();
  const LossSum loss = bradley_terry(chosen_P, rejected_P, or_undefined("margins"), or_undefined("weights"),
                                     get<double>(golden, "centering", "golden"));
  loss.sum.backward();
  return std::max({deviation(loss.sum.item<double>(), get<double>(golden, "sum", "golden")),
                   worst(chosen_P.grad(), numbers(golden, "chosen_gradient")),
                   worst(rejected_P.grad(), numbers(golden, "rejected_gradient"))});
}

double replay_pair_loss(const Json& golden) {
  const auto options = get<Json>(golden, "options", "golden"), inputs = get<Json>(golden, "inputs", "golden");
  const auto number = [&](const char* name) { return get<double>(options, name, "golden"); };
  const auto f = parse_divergence(get<std::string>(options, "f_divergence_type", "golden"),
                                  number("f_alpha_divergence_coef"));
  const NamedPairLoss named = parse_pair_loss(
      get<std::string>(options, "loss_type", "golden"),
      {.beta = number("beta"),
       .label_smoothing = number("label_smoothing"),
       .discopop_tau = number("discopop_tau"),
       .conventions = parse_pair_conventions(get<std::string>(golden, "convention", "golden"))});
  PairTerms terms{.chosen = tensor(inputs, "chosen").requires_grad_(),
                  .rejected = tensor(inputs, "rejected").requires_grad_(),
                  .reference_chosen = tensor(inputs, "reference_chosen"),
                  .reference_rejected = tensor(inputs, "reference_rejected"),
                  .chosen_length = tensor(inputs, "chosen_length"),
                  .rejected_length = tensor(inputs, "rejected_length")};
  terms.chosen_score = f(terms.chosen_ratio());
  terms.rejected_score = f(terms.rejected_ratio());
  const at::Tensor loss = named.loss(terms).sum();
  loss.backward();
  const auto gradient = get<Json>(golden, "gradient", "golden");
  // An empty completion has no token to be moved, so its gradient is 0 outside.
  const auto of_tokens = [](const at::Tensor& slope, const at::Tensor& length) {
    return slope * (length > 0);
  };
  return std::max(
      {deviation(loss.item<double>(), get<double>(golden, "value", "golden")),
       worst(of_tokens(terms.chosen.grad(), terms.chosen_length), numbers(gradient, "chosen")),
       worst(of_tokens(terms.rejected.grad(), terms.rejected_length), numbers(gradient, "rejected"))});
}

}  // namespace nudge::golden
