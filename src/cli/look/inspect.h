#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace nudge {

/// What `nudge inspect` shows: names and what there is to say about each.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// A Hugging Face directory; the weights are loaded, so that what is shown also fits. Throws Error.
/// Adapters are loaded on `base`, or on the one that they name.
Facts inspect_model(const std::filesystem::path& folder, const std::filesystem::path& base = {});
/// A directory with a tokenizer, a model or not.
Facts inspect_tokenizer(const std::filesystem::path& folder);
/// A file of records, its columns, and what they make it good for.
Facts inspect_dataset(const std::filesystem::path& file);
/// A run: its last numbers and its checkpoints.
Facts inspect_run(const std::filesystem::path& folder);

/// 1234567 as "1,234,567".
std::string with_thousands(std::int64_t number);

}  // namespace nudge
