#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/targets.h"

namespace nudge::kernels {

/// Runs `body` once with each instruction set that this processor has.
template <class Body>
void on_every_target(const Body& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

/// n numbers, uniform in (-scale, scale).
inline std::vector<float> numbers(std::int64_t n, unsigned seed, float scale = 1) {
  std::mt19937 engine(seed);
  std::vector<float> x(static_cast<std::size_t>(n));
  for (float& value : x) {
    value = (static_cast<float>(engine() >> 8) / static_cast<float>(1 << 23) - 1) * scale;
  }
  return x;
}

/// Largest |got - expected| / (1 + |expected|); infinite when something is not finite.
template <class Expected>
double worst_error(const std::vector<float>& got, const std::vector<Expected>& expected) {
  EXPECT_EQ(got.size(), expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double e = static_cast<double>(expected[i]);
    const double error = std::abs(static_cast<double>(got[i]) - e) / (1 + std::abs(e));
    worst = std::isfinite(error) ? std::max(worst, error) : INFINITY;
  }
  return worst;
}

}  // namespace nudge::kernels
