#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "records/records.h"

namespace nudge {

/// One vote on two answers to one prompt, and what a reward makes of them. Of a tie either may be "chosen".
struct ScoredPair {
  double chosen = 0, rejected = 0;                      // scores
  std::int64_t chosen_length = 0, rejected_length = 0;  // tokens of the answers
  bool tie = false;
  std::int64_t strength = 0;               // 1 negligibly ... 4 significantly better; 0: not said
  std::optional<bool> chosen_shown_first;  // where the protocol says so
  std::string source;                      // dataset or policy that it came from
  std::string prompt, chosen_text, rejected_text;

  double difference() const { return chosen - rejected; }
};

/// The answers of a ranking that have a score.
struct ScoredAnswers {
  std::vector<std::int64_t> answers;  // indices into its completions
  std::vector<double> scores;
  std::vector<std::int64_t> lengths;  // tokens
};
/// The pairs of them. A strength was said of the best over the next best, and the other pairs have none.
std::vector<ScoredPair> scored_pairs(const Ranking& ranking, const ScoredAnswers& scored);

}  // namespace nudge
