#pragma once

#include <memory>
#include <string>

#include "records/records.h"
#include "text/regular_expression.h"

namespace nudge {

/// 1 when the completion holds a match of the pattern (`full`: is one from end to end), else 0; NaN when
/// matching took too many steps.
class RegexMatch {
 public:
  RegexMatch(const std::string& pattern, bool full, RegularExpression::Options options);
  double operator()(const Trajectory& trajectory) const;

 private:
  std::shared_ptr<const RegularExpression> expression_;
};

}  // namespace nudge
