#include <map>

#include "base/json_names.h"
#include "objectives/pairs/alpha_reward.h"
#include "objectives/pairs/divergence.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/odds_ratio.h"
#include "objectives/pairs/pair_losses.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/simpo.h"
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

// The terms of a case; without a reference the scores are the log-probs.
PairTerms terms_of(const Json& inputs, const Divergence& divergence) {
  PairTerms terms{.chosen = tensor(inputs, "chosen").requires_grad_(),
                  .rejected = tensor(inputs, "rejected").requires_grad_()};
  const auto or_zero = [&](const char* name) {
    return inputs.contains(name) ? tensor(inputs, name) : at::zeros_like(terms.chosen);
  };
  terms.reference_chosen = or_zero("reference_chosen");
  terms.reference_rejected = or_zero("reference_rejected");
  terms.chosen_length = or_zero("chosen_length");
  terms.rejected_length = or_zero("rejected_length");
  terms.chosen_score = divergence(terms.chosen_ratio());
  terms.rejected_score = divergence(terms.rejected_ratio());
  return terms;
}

double replay_pairs(const Json& golden, const PairLoss& pair_loss, const Divergence& divergence) {
  const auto inputs = get<Json>(golden, "inputs", "golden"),
             gradient = get<Json>(golden, "gradient", "golden");
  const PairTerms terms = terms_of(inputs, divergence);
  const at::Tensor loss = pair_loss(terms).sum();
  loss.backward();
  // An empty completion has no token to be moved, so its gradient is 0 outside.
  const auto of_tokens = [&](const at::Tensor& slope, const char* length) {
    return inputs.contains(length) ? slope * (tensor(inputs, length) > 0) : slope;
  };
  return std::max(
      {deviation(loss.item<double>(), get<double>(golden, "value", "golden")),
       worst(of_tokens(terms.chosen.grad(), "chosen_length"), numbers(gradient, "chosen")),
       worst(of_tokens(terms.rejected.grad(), "rejected_length"), numbers(gradient, "rejected"))});
}

}  // namespace

double replay_dpo(const Json& golden) {
  const auto options = get<Json>(golden, "options", "golden");
  const auto number = [&](const char* name) { return get<double>(options, name, "golden"); };
  const NamedPairLoss named =
      parse_pair_loss(get<std::string>(options, "loss_type", "golden"),
                      {.beta = number("beta"),
                       .label_smoothing = number("label_smoothing"),
                       .discopop_tau = number("discopop_tau"),
                       .conventions = conventions_of(get_named<Program>(golden, "convention", "golden"))});
  return replay_pairs(golden, named.loss,
                      parse_divergence(get<std::string>(options, "f_divergence_type", "golden"),
                                       number("f_alpha_divergence_coef")));
}

double replay_length_normalised(const Json& golden) {
  const auto options = get<Json>(golden, "options", "golden");
  const auto number = [&](const char* name) { return get<double>(options, name, "golden"); };
  const double beta = number("beta"), smoothing = number("label_smoothing");
  const double margin = number(options.contains("simpo_gamma") ? "simpo_gamma" : "tpo_l_gamma");
  const double alpha = get_or(options, "alpha", 0.0, "golden");
  const std::map<std::string, PairLoss> losses = {
      {"sigmoid", [=](const PairTerms& p) { return sigmoid(p, beta, smoothing); }},
      {"hinge", [=](const PairTerms& p) { return hinge(p, beta); }},
      {"ipo", [=](const PairTerms& p) { return ipo_of_sums(p, beta); }},
      {"simpo", [=](const PairTerms& p) { return simpo(p, beta, margin, smoothing); }},
      {"tpo-l", [=](const PairTerms& p) { return simpo(p, beta, margin, smoothing); }}};
  return replay_pairs(golden, losses.at(get<std::string>(options, "loss_type", "golden")),
                      [=](const at::Tensor& x) { return alpha_reward(x, alpha); });
}

double replay_orpo(const Json& golden) {
  const auto beta = get<double>(get<Json>(golden, "options", "golden"), "beta", "golden");
  return replay_pairs(golden, [=](const PairTerms& p) { return odds_ratio(p, beta); }, reverse_kl);
}

}  // namespace nudge::golden
