#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "base/metrics.h"

namespace nudge {

/// Adds to a mean: each number of `values`, of any shape, without a gradient.
void add_mean(MetricSums& metrics, const std::string& name, const at::Tensor& values);
void add_mean(MetricSums& metrics, const Metric& metric, const at::Tensor& values);

}  // namespace nudge
