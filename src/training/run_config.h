#pragma once

#include <filesystem>
#include <string>

namespace nudge {

/// Error naming the first option whose value in `now` differs from `before` (both as resolved_yaml writes
/// them), but for those that do not change what a run computes or where it stands: output_dir, resume,
/// overwrite, save_steps, logging_steps, plan, allow_changed_inputs.
void require_same_config(const std::string& before, const std::string& now,
                         const std::filesystem::path& folder);

}  // namespace nudge
