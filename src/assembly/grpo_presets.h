#pragma once

#include "algorithms/grpo_options.h"
#include "base/options.h"

namespace nudge {

/// The choices of a method.
Preset<GrpoOptions> grpo_preset(GrpoMethod method);

}  // namespace nudge
