#pragma once

#include <vector>

#include "algorithms/ppo.h"
#include "assembly/grpo_presets.h"
#include "objectives/program.h"

namespace nudge {

/// --compat gives every option on which programs disagree that program's value: its conventions as presets,
/// none for Program::none.
std::vector<Preset<PpoOptions>> ppo_of(Program program);
/// Over the method's preset. Setting throws UsageError when that program does not have the method.
std::vector<Preset<GrpoOptions>> grpo_of(Program program, GrpoMethod method);

}  // namespace nudge
