#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

namespace nudge {

/// What a step's losses are measured from, one number for all of its completions.
enum class Anchor {
  zero,
  mismatched_kl,  // KTO's reference point: KL estimated on completions that answer another prompt of the step
  running_mean    // BCO's reward shift: the mean of all rewards seen so far, this step's included
};

/// What an algorithm on single labelled completions minimises; kto_objective.h and bco_objective.h make one.
struct LabelledObjective {
  /// (log(pi / pi_ref) [B], desirable [B], anchor) -> [B]; kto.h, bco.h.
  std::function<at::Tensor(const at::Tensor&, const at::Tensor&, double)> loss;
  Anchor anchor = Anchor::zero;
  std::string anchor_metric;  // its name: "kl", "delta"; "" : not reported
  double beta = 0.1;          // of the implicit rewards in the metrics
};

}  // namespace nudge
