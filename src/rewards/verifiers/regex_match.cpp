#include "rewards/verifiers/regex_match.h"

#include <limits>

namespace nudge {

RegexMatch::RegexMatch(const std::string& pattern, bool full, RegularExpression::Options options)
    : expression_(
          std::make_shared<const RegularExpression>(full ? "\\A(?:" + pattern + ")\\z" : pattern, options)) {}

double RegexMatch::operator()(const Trajectory& trajectory) const {
  const auto found = expression_->found_in(trajectory.completion);
  if (!found) return std::numeric_limits<double>::quiet_NaN();
  return *found ? 1 : 0;
}

}  // namespace nudge
