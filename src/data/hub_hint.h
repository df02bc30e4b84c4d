#pragma once

#include <filesystem>
#include <string>

namespace nudge {

/// For a path that is not there and could be a name on the Hugging Face hub ("OWNER/NAME"): how to fetch it,
/// as a sentence with a space before it; else "". `repository` is "" for models, "dataset" for data.
std::string hub_hint(const std::filesystem::path& path, const std::string& repository);

}  // namespace nudge
