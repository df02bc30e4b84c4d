#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "preference/formats/import.h"

namespace nudge {

/// Where commands find comparisons and votes, and leave them: a file in any known form (docs/preferences.md),
/// or a store, which is told by its first bytes.
bool is_store(const std::filesystem::path& path);

/// The labels of a store (without repeats and gold items), or what a file holds. Throws Error.
Imported load_comparisons(const std::filesystem::path& path, const ImportOptions& options = {});
/// As load_comparisons, saying on stderr what could not be used.
Imported read_comparisons(const std::filesystem::path& path, const ImportOptions& options = {});

/// What identifies the content of a file: its SHA-256, or of a store, the last hash of its chain of events.
std::string content_hash(const std::filesystem::path& path);

/// Replaces the file by `raw` lines; adds to a store, which is made when the name ends in ".store". Returns
/// how many comparisons and votes a store had not yet (of a file: all).
std::pair<std::int64_t, std::int64_t> write_comparisons(const std::filesystem::path& path,
                                                        const std::vector<Comparison>& comparisons,
                                                        const std::vector<Vote>& votes);

}  // namespace nudge
