#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nudge {

/// A folder of dataset files as published sets have it: what is read of it, and what is left aside.
struct DatasetFolder {
  std::vector<std::string> files, aside;  // paths within it, in order
};
DatasetFolder dataset_folder(const std::filesystem::path& folder);

/// Those of `files` (paths within `folder`) that belong to the split (data/dataset_files.h). Throws Error.
std::vector<std::string> files_of_split(const std::vector<std::string>& files, const std::string& split,
                                        const std::string& folder);

}  // namespace nudge
