#pragma once

#include <string>

#include "records/records.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// 1 when the completion's last line is an expression of the reference's value, else 0: "( 76.0 - 25.0 )",
/// "76 - 25 = 51", "x = 76 - 25" and "51" all answer 51. Sides of an equation that can be evaluated must
/// agree. The reference may be an expression itself (SVAMP's column Equation); NaN when it cannot be
/// evaluated. Sums in fractions are exact.
struct Arithmetic {
  std::string column = "answer";
  std::string marker = "####";  // when there, only what stands behind its last occurrence counts
  double tolerance = 0;
  double operator()(const Trajectory& trajectory) const;
  std::string objection(const Prompt& prompt) const;
};
void declare(SpecReader& spec, Arithmetic& arithmetic);

}  // namespace nudge
