#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/dataset_options.h"
#include "records/comparison.h"

namespace nudge {

/// A completion as `nudge sample` writes it: text, tokens, logprobs, ended, and whatever else was added.
struct Candidate {
  std::string text;
  bool ended = true;
  Json record;
};

/// The completions of one prompt that differ in their text, in order.
struct CandidateSet {
  Prompt prompt;
  std::vector<Candidate> candidates;
};

/// Reads {"prompt", ...columns, "completions": [...]} records; bad ones are left out as `datasets` allows.
/// Throws Error with file and record.
std::vector<CandidateSet> read_candidates(const std::filesystem::path& path, const DatasetOptions& datasets);

/// The answers of each comparison, in order; what is known of an answer is its record.
std::vector<CandidateSet> candidate_sets(const std::vector<Comparison>& comparisons);

}  // namespace nudge
