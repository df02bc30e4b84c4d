#pragma once

#include <string>
#include <vector>

#include "assembly/presets.h"

namespace nudge {

/// The conventions of other programs, for a method of ours: --compat trl, openrlhf or verl gives every option
/// on which they disagree that program's value. `method` is a preset of grpo, or "ppo". UsageError when that
/// program does not have the method.
Settings compat_settings(const std::string& program, const std::string& method);

const std::vector<std::string>& compat_programs();

}  // namespace nudge
