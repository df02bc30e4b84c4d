#pragma once

#include <vector>

#include "cli/settings.h"

namespace nudge {

/// The methods that train_grpo covers, each as its choices of options (docs/grpo.md shows them side by side).
const std::vector<Settings>& grpo_presets();

}  // namespace nudge
