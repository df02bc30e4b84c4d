#include "tensor/add_mean.h"

#include <ATen/ops/sum.h>

namespace nudge {
namespace {

double total(const at::Tensor& values) {
  return values.detach().sum(at::kDouble).item<double>();
}

}  // namespace

void add_mean(MetricSums& metrics, const std::string& name, const at::Tensor& values) {
  metrics.add(name, total(values), static_cast<double>(values.numel()));
}

void add_mean(MetricSums& metrics, const Metric& metric, const at::Tensor& values) {
  metrics.add(metric, total(values), static_cast<double>(values.numel()));
}

}  // namespace nudge
