#pragma once

#include <cstdint>
#include <span>

#include "evaluation/statistics.h"

namespace nudge {

/// How one model fares against another over prompts: the share won, ties half, 95 % by the normal
/// approximation over prompts, cut at 0 and 1; Wilson's interval where all are won or all lost.
struct WinRate : Interval {
  std::int64_t wins = 0, ties = 0, losses = 0;
};

/// From one outcome a prompt: 1 won, 0 lost, .5 tied. A judge's verdict over both orders is their mean, so
/// .25 and .75 are allowed; they count as lost and won.
WinRate win_rate(std::span<const double> outcomes);

/// By scores of answers to the same prompts; differences up to `tie_within` are ties.
WinRate win_rate(std::span<const double> scores, std::span<const double> other_scores, double tie_within = 0);

}  // namespace nudge
