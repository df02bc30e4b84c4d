#include "base/json_names.h"
#include "objectives/pairs/cpo_objective.h"
#include "objectives/pairs/dpo_objective.h"
#include "objectives/pairs/orpo_objective.h"
#include "objectives/pairs/tpo_objective.h"
#include "objectives/rewards/reward_losses.h"
#include "verify/golden_case.h"
#include "verify/kinds.h"

namespace nudge::golden {

double replay_bradley_terry(const Json& golden) {
  const auto or_same = [&](const char* name, double same, std::size_t pairs) {
    return golden.at(name).is_null() ? std::vector<double>(pairs, same) : numbers(golden, name);
  };
  const auto chosen_P = tensor(golden, "chosen").requires_grad_(),
             rejected_P = tensor(golden, "rejected").requires_grad_();
  const std::int64_t pairs = chosen_P.numel();
  const auto margins = or_same("margins", 0, pairs), weights = or_same("weights", 1, pairs);
  std::vector<RankedItems> comparisons;
  for (std::int64_t i = 0; i < pairs; ++i)
    comparisons.push_back(
        {.items = {i, pairs + i}, .ranks = {0, 1}, .margin = margins[i], .weight = weights[i]});
  const LossSum loss = comparison_objective(RewardLoss::bradley_terry,
                                            {.centering = get<double>(golden, "centering", "golden")})
                           .loss(at::cat({chosen_P, rejected_P}), comparisons, {});
  loss.sum.backward();
  return std::max({deviation(loss.sum.item<double>(), get<double>(golden, "sum", "golden")),
                   worst(chosen_P.grad(), numbers(golden, "chosen_gradient")),
                   worst(rejected_P.grad(), numbers(golden, "rejected_gradient"))});
}

namespace {

// The log-probs of a case, and what the objective makes of them.
struct Sides {
  at::Tensor chosen, rejected;  // leaves
  PairTerms terms;
};

Sides sides_of(const Json& inputs, const PairObjective& objective) {
  Sides sides{.chosen = tensor(inputs, "chosen").requires_grad_(),
              .rejected = tensor(inputs, "rejected").requires_grad_(),
              .terms = {}};
  const auto or_zero = [&](const char* name) {
    return inputs.contains(name) ? tensor(inputs, name) : at::zeros_like(sides.chosen).detach();
  };
  sides.terms = {.chosen = objective.reward(sides.chosen),
                 .rejected = objective.reward(sides.rejected),
                 .reference_chosen = objective.reward(or_zero("reference_chosen")),
                 .reference_rejected = objective.reward(or_zero("reference_rejected")),
                 .chosen_length = or_zero("chosen_length"),
                 .rejected_length = or_zero("rejected_length")};
  return sides;
}

double replay_pairs(const Json& golden, const PairObjective& objective) {
  const auto inputs = get<Json>(golden, "inputs", "golden"),
             gradient = get<Json>(golden, "gradient", "golden");
  const Sides sides = sides_of(inputs, objective);
  const at::Tensor loss = objective.losses_P(sides.terms).sum();
  loss.backward();
  // An empty completion has no token to be moved, so its gradient is 0 outside.
  const auto of_tokens = [&](const at::Tensor& slope, const char* length) {
    return inputs.contains(length) ? slope * (tensor(inputs, length) > 0) : slope;
  };
  return std::max(
      {deviation(loss.item<double>(), get<double>(golden, "value", "golden")),
       worst(of_tokens(sides.chosen.grad(), "chosen_length"), numbers(gradient, "chosen")),
       worst(of_tokens(sides.rejected.grad(), "rejected_length"), numbers(gradient, "rejected"))});
}

}  // namespace

double replay_dpo(const Json& golden) {
  const auto options = get<Json>(golden, "options", "golden");
  const auto number = [&](const char* name) { return get<double>(options, name, "golden"); };
  return replay_pairs(
      golden,
      objective_of(DpoLossOptions{
          .loss_type = {get_named<DpoLoss>(options, "loss_type", "golden")},
          .losses = {.beta = number("beta"),
                     .label_smoothing = number("label_smoothing"),
                     .discopop_tau = number("discopop_tau"),
                     .conventions = conventions_of(get_named<Program>(golden, "convention", "golden"))},
          .f_divergence_type = get_named<DivergenceType>(options, "f_divergence_type", "golden"),
          .f_alpha_divergence_coef = number("f_alpha_divergence_coef")}));
}

double replay_length_normalised(const Json& golden) {
  const auto options = get<Json>(golden, "options", "golden");
  const auto number = [&](const char* name) { return get<double>(options, name, "golden"); };
  const auto loss_type = get_named<UnreferencedLoss>(options, "loss_type", "golden");
  UnreferencedLossOptions losses{.beta = number("beta"), .label_smoothing = number("label_smoothing")};
  if (options.contains("tpo_l_gamma")) {
    losses.margin = number("tpo_l_gamma");
    return replay_pairs(golden, objective_of(TpoLossOptions{.loss_type = loss_type, .losses = losses}));
  }
  losses.margin = number("simpo_gamma");
  return replay_pairs(golden, objective_of(CpoLossOptions{.loss_type = loss_type,
                                                          .losses = losses,
                                                          .alpha = get_or(options, "alpha", 0.0, "golden")}));
}

double replay_orpo(const Json& golden) {
  return replay_pairs(golden,
                      objective_of(OrpoLossOptions{
                          .beta = get<double>(get<Json>(golden, "options", "golden"), "beta", "golden")}));
}

}  // namespace nudge::golden
