#pragma once

#include <filesystem>

namespace nudge {

/// Throws Error unless the folder `by` may take the place of `target`: nothing is there, or a folder in which
/// every name is one that `by` has too. Anything else is somebody's work.
void require_replaceable(const std::filesystem::path& target, const std::filesystem::path& by);

}  // namespace nudge
