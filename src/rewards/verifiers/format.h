#pragma once

#include <string>
#include <vector>

#include "records/records.h"

namespace nudge {

/// 1 when the completion begins with <think>, closes it, and opens no second one, else 0: TRL's
/// `think_format_reward`.
double think_format(const Trajectory& trajectory);

/// 1 when the completion is nothing but the named elements, each once and in this order, with white space
/// around them at most: <think>...</think> <answer>...</answer> (DeepSeek-R1), else 0.
class TagFormat {
 public:
  /// The names separated by commas, "think,answer".
  explicit TagFormat(const std::string& tags);
  double operator()(const Trajectory& trajectory) const;

 private:
  std::vector<std::string> tags_;
};

}  // namespace nudge
