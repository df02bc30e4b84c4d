#pragma once

#include <functional>
#include <string>
#include <vector>

#include "objectives/pairs/conventions.h"
#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// A loss for each of P pairs, [P], differentiable.
using PairLoss = std::function<at::Tensor(const PairTerms&)>;
/// f' of a log-ratio (objectives/pairs/divergence.h).
using Divergence = std::function<at::Tensor(const at::Tensor&)>;

/// What the losses of DPO's family are made with. Names as in TRL's DPOConfig.
struct PairLossOptions {
  double beta = 0.1;
  double label_smoothing = 0;
  double discopop_tau = 0.05;
  PairConventions conventions;
};

/// What a name stands for.
struct NamedPairLoss {
  PairLoss loss;
  bool of_divergence =
      false;               // a function of f'(pi / pi_ref), so another divergence than reverse KL changes it
  bool smoothed = false;   // label_smoothing changes it
  bool over_step = false;  // compares pairs with one another
  bool of_averages = false;  // of log-probs averaged over a completion's tokens
};
/// UsageError with the known names, or when an option is out of this loss's range.
NamedPairLoss parse_pair_loss(const std::string& name, const PairLossOptions& options);
/// The same for methods that have no reference (CPO, TPO) and so compare log-probs: sigmoid, hinge, ipo, and
/// simpo, whose margin is `gamma`.
NamedPairLoss parse_unreferenced_loss(const std::string& name, PairLossOptions options, double gamma);
/// "sigmoid", "hinge", ... without "sft", which is no function of pairs.
std::vector<std::string> pair_loss_names();

/// "reverse_kl", "forward_kl", "js_divergence", "alpha_divergence" with its coefficient; UsageError
/// otherwise.
Divergence parse_divergence(const std::string& name, double alpha);

}  // namespace nudge
