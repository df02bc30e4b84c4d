#pragma once

#include <filesystem>
#include <string>

#include "base/options.h"
#include "training/run.h"

namespace nudge {

/// The options of a command, which outlive what this returns.
RunConfig config_of(const Options& options);

/// Of a program that fills structs itself: each has its options by declare(Options&, Struct&).
template <class... Structs>
RunConfig config_of(Structs... structs) {
  Options options("", "");
  (declare(options, structs), ...);
  return {.yaml = options.resolved_yaml()};
}

/// Error naming the first option whose value in `now` differs from `before` (both as resolved_yaml writes
/// them), but for those that do not change what a run computes or where it stands: output_dir, resume,
/// overwrite, save_steps, logging_steps, plan, allow_changed_inputs.
void require_same_config(const std::string& before, const std::string& now,
                         const std::filesystem::path& folder);

}  // namespace nudge
