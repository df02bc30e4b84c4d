#pragma once

#include <array>

#include "base/names.h"

namespace nudge::kernels {

/// The numbers that matrix products multiply. Sums are fp32 either way, and so is all that is no product of
/// a weight: norms, softmax, log-probabilities, losses.
enum class Precision { float32, bfloat16 };
constexpr auto names_table(Precision) {
  return std::to_array<Named<Precision>>(
      {{Precision::float32, "float32"}, {Precision::bfloat16, "bfloat16"}});
}

}  // namespace nudge::kernels
