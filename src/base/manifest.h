#pragma once

#include <filesystem>

#include "base/json.h"

namespace nudge {

/// What tells whether a file is still the same: {"bytes": N, "sha256": "64 digits"}. Throws Error when it
/// cannot be read.
Json file_facts(const std::filesystem::path& file);

/// The same for a file too large to be read through where a first step is waited for: {"bytes": N,
/// "sha256_of_samples": "64 digits"}, of 256 pieces of 64 KiB from its first byte to its last.
Json sampled_facts(const std::filesystem::path& file);

/// The name of a manifest within the folder that it describes.
inline constexpr const char* manifest_file = "manifest.json";

/// Writes manifest.json into `folder`: {"files": {NAME: file_facts}} of all files below it, and `further`
/// members.
void write_manifest(const std::filesystem::path& folder, const Json& further = Json::object());

/// Reads manifest.json of `folder` and looks at every file it names; other files do not matter. Throws Error
/// naming the first that is missing or not what the manifest says.
Json verified_manifest(const std::filesystem::path& folder);

}  // namespace nudge
