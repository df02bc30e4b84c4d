#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "preference/agreement.h"
#include "records/comparison.h"

namespace nudge {

/// What a rater said of one pair of answers. The first three lie in order, a tie between.
inline constexpr int kFirstBetter = 0, kTie = 1, kSecondBetter = 2, kBothBad = 3;

/// Votes as statistics count them: an item is a pair of answers of one comparison (a ranking of K answers
/// makes C(K, 2) of them), with one label for each rater. Skipped and cannot-judge leave a gap. Of several
/// votes of a rater on one comparison the first counts: later ones are repeats, asked to see how steady the
/// rater is.
struct LabelTable {
  struct Item {
    std::size_t comparison;     // index into the comparisons
    std::size_t first, second;  // answers, first < second
  };
  std::vector<std::string> raters;  // by name
  std::vector<Item> items;          // those with at least one label
  Labels labels;                    // items x raters
};

/// Throws Error for a vote on an unknown comparison, or one that does not fit it.
LabelTable label_table(std::span<const Comparison> comparisons, std::span<const Vote> votes);

/// The label that a vote gives to a pair of answers, or kNoLabel.
int label_of(const Vote& vote, std::size_t first, std::size_t second);

}  // namespace nudge
