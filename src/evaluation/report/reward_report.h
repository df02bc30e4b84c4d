#pragma once

#include <string>

#include "base/json.h"

namespace nudge::report {

/// What a reward is worth as one self-contained HTML page: accuracy by strength and source beside what raters
/// agree on, length and place, calibration, the learning curve, and the pairs to look at.
/// `evaluation` as evaluation/reward_evaluation.h writes it, with `learning_curve` [{share, prompts,
/// comparisons, accuracy}] where there is one. Pure. Throws Error naming a key of another type.
std::string reward_report(const Json& evaluation, const std::string& name);

}  // namespace nudge::report
