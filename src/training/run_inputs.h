#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace nudge {

/// What a command reads: {OPTION: {PATH: file_facts}} of every file that the value of an option names
/// (`resolved`, as Options::resolved_yaml writes it), of those behind a dataset (data/dataset_files.h), of
/// the files of a model directory, and of the files in the words of a reward ("python:rewards.py:good").
/// Datasets of more than 1 GB are told by sampled_facts. What the run itself writes is not among them.
Json run_inputs(const std::string& resolved);

/// Throws Error naming the first file of inputs.json in `folder` that is another now, is gone or has come,
/// and how to go on all the same.
void require_same_inputs(const std::filesystem::path& folder, const Json& now);

/// Its name within a run's directory.
inline constexpr const char* inputs_file = "inputs.json";

}  // namespace nudge
