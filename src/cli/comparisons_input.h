#pragma once

#include <filesystem>

#include "preference/formats/import.h"

namespace nudge {

/// Comparisons and votes of a file in any known form (docs/preferences.md), or of a store. Says on stderr
/// what could not be used. Throws Error.
Imported read_comparisons(const std::filesystem::path& path, const ImportOptions& options = {});

}  // namespace nudge
