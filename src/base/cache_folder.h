#pragma once

#include <filesystem>

namespace nudge {

/// What nudge keeps for the next run, or puts aside in this one: $XDG_CACHE_HOME/nudge, or ~/.cache/nudge
/// (XDG Base Directory Specification 0.8). It need not exist yet.
std::filesystem::path cache_folder();

}  // namespace nudge
