#pragma once

#include <cstdint>

#include "training/learner.h"

namespace nudge {

/// What the optimizer steps that follow one rollout came to.
struct Updates {
  MetricSums metrics;              // of all their losses
  double loss = 0, grad_norm = 0;  // sums over the steps
  double learning_rate = 0;        // of the last one
  std::int64_t steps = 0;

  void add(const StepReport& report);
  double mean_loss() const { return loss / static_cast<double>(steps); }
  double mean_grad_norm() const { return grad_norm / static_cast<double>(steps); }

  /// The losses' metrics, loss, grad_norm and learning_rate, on their way into the log.
  Metrics values() const;
};

}  // namespace nudge
