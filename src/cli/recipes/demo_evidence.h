#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "cli/recipes/stages.h"

namespace nudge {

/// Collects what the stages of the demo's recipe, all of them complete, measured in `folder` into report.json
/// (every number the story shows; no wall-clock times, so that the same seed gives the same bytes) and draws
/// report.html from it, and from made.json, which says on what machine and when.
void write_demo_report(const std::filesystem::path& folder, std::uint64_t seed,
                       const std::vector<Stage>& stages);

}  // namespace nudge
