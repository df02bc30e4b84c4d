#include "objectives/token_rewards.h"

#include <algorithm>

#include "base/error.h"

namespace nudge {

Ragged token_rewards(const Ragged& kl, double kl_coef, std::span<const double> scores_B,
                     const std::vector<bool>& after_end_B) {
  require(std::ssize(scores_B) == kl.rows() && (after_end_B.empty() || std::ssize(after_end_B) == kl.rows()),
          "Token rewards need one score for each of {} completions, but got {}.", kl.rows(), scores_B.size());
  std::vector<std::int64_t> lengths = kl.lengths();
  for (std::size_t b = 0; b < after_end_B.size(); ++b) lengths[b] += after_end_B[b];
  Ragged rewards = Ragged::zeros(lengths);
  for (std::int64_t b = 0; b < kl.rows(); ++b) {
    const auto row = rewards.row(b);
    if (row.empty()) continue;
    std::ranges::transform(kl.row(b), row.begin(),
                           [&](float token_kl) { return static_cast<float>(-kl_coef * token_kl); });
    row.back() += static_cast<float>(scores_B[b]);
  }
  return rewards;
}

}  // namespace nudge
