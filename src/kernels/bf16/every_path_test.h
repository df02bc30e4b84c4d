#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "kernels/bf16/convert.h"
#include "kernels/bf16/path.h"

namespace nudge::kernels::bf16 {

/// Runs `body` once with each way to multiply that this processor has.
template <class Body>
void on_every_path(const Body& body) {
  const Path& before = path();
  for (const Path* one : paths()) {
    SCOPED_TRACE(one->name);
    use(*one);
    body();
  }
  use(before);
}

inline std::vector<double> rounded(const std::vector<float>& x) {
  std::vector<double> y;
  for (const float value : x) y.push_back(static_cast<double>(widen(round(value))));
  return y;
}

}  // namespace nudge::kernels::bf16
