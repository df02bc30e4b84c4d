#pragma once

#include <functional>
#include <span>

#include "objectives/pairs/divergence.h"
#include "tensor/aten.h"

namespace nudge {

/// What the losses on P pairs of completions are functions of: log-probabilities of whole completions, summed
/// over their tokens (or averaged, where an algorithm says so), and how many tokens those are. [P] each; only
/// what depends on the policy carries a gradient.
struct PairTerms {
  at::Tensor chosen, rejected;                      // log pi(y | x)
  at::Tensor reference_chosen, reference_rejected;  // log pi_ref(y | x); 0 without a reference
  at::Tensor chosen_length, rejected_length;        // tokens

  /// f'(pi / pi_ref) of each side (objectives/pairs/divergence.h); under reverse KL the log-ratio itself.
  at::Tensor chosen_score, rejected_score;

  at::Tensor chosen_ratio() const { return chosen - reference_chosen; }
  at::Tensor rejected_ratio() const { return rejected - reference_rejected; }
  at::Tensor margin() const { return chosen_score - rejected_score; }
};

/// The terms with the scores that belong to their log-ratios.
PairTerms with_scores(PairTerms terms, const Divergence& divergence);
/// The pairs of all, one behind the other, without scores.
PairTerms joined(std::span<const PairTerms> parts);

/// A loss for each of P pairs, [P], differentiable.
using PairLoss = std::function<at::Tensor(const PairTerms&)>;

}  // namespace nudge
