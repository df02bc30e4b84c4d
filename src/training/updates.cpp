#include "training/updates.h"

namespace nudge {

void Updates::add(const StepReport& report) {
  metrics.merge(report.metrics);
  loss += report.loss;
  grad_norm += report.grad_norm;
  learning_rate = report.learning_rate;
  ++steps;
}

}  // namespace nudge
