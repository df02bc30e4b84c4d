#pragma once

#include "evaluation/report/html.h"
#include "evaluation/report/run_log.h"

namespace nudge::report {

/// What a run was for, first: the reward that it was given, what watched it, and how far it went from the
/// reference; for a training on pairs the log-probs of chosen and rejected; else the loss. Nothing when
/// nothing varies.
Html opening_figure(const std::vector<RunLog>& runs);

/// Every other number that varies, in groups of what belongs together. One run: each step as a speck and a
/// line of means. Several: a line of means for each, in its colour.
Html grouped_curves(const std::vector<RunLog>& runs);

}  // namespace nudge::report
