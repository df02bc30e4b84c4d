#include "training/updates.h"

namespace nudge {

void Updates::add(const StepReport& report) {
  metrics.merge(report.metrics);
  loss += report.loss;
  grad_norm += report.grad_norm;
  learning_rate = report.learning_rate;
  ++steps;
}

Metrics Updates::values() const {
  Metrics values = metrics.values();
  values.set("loss", mean_loss());
  values.set("grad_norm", mean_grad_norm());
  values.set("learning_rate", learning_rate);
  return values;
}

}  // namespace nudge
