#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "records/comparison.h"

namespace nudge {

/// Comparisons with the votes on them.
struct LabelledComparisons {
  std::vector<Comparison> comparisons;
  std::vector<Vote> votes;
};

struct PreferenceSplit {
  LabelledComparisons train, test;
};

/// Which side a name falls on: a pure function of seed and name, so that what was in the test set stays there
/// while more data comes, and every split with this seed agrees.
bool in_test(const std::string& name, double test_share, std::uint64_t seed);

/// All comparisons of one prompt (prompt_content, not its id) on one side. The share is met on average.
/// Throws Error for a share outside (0, 1).
PreferenceSplit split_by_prompt(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                                double test_share, std::uint64_t seed);

/// All votes of one rater on one side; a comparison goes wherever it has votes, so that the sides may share
/// prompts. Comparisons without votes go to train. For "does the model agree with people it never saw".
PreferenceSplit split_by_rater(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                               double test_share, std::uint64_t seed);

}  // namespace nudge
