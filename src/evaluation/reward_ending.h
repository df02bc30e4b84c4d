#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace nudge {

/// Writes what was measured of a reward model beside it: evaluation.json, and for comparisons report.html.
void write_reward_evaluation(const std::filesystem::path& folder, const Json& evaluation);

/// What it comes to after so many optimizer steps, in sentences for people.
std::vector<std::string> reward_remarks(const Json& evaluation, std::int64_t steps);

}  // namespace nudge
