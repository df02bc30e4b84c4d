#pragma once

#include <vector>

#include "assembly/presets.h"

namespace nudge {

/// What `nudge grpo` does when no preset is asked for: GRPO with the leash in the reward of each token, firm
/// enough to do no harm where a learned reward is wrong, and without the deviation of a small group.
inline constexpr const char* kLeashed = "leashed";

/// The methods that train_grpo covers, each as its choices of options (docs/grpo.md shows them side by side).
const std::vector<Settings>& grpo_presets();

}  // namespace nudge
