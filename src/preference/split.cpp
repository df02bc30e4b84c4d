#include "preference/split.h"

#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/random.h"
#include "preference/prompt_content.h"

namespace nudge {
namespace {

void check(double test_share) {
  require(test_share > 0 && test_share < 1, "split: the test share must lie between 0 and 1, but came {}.",
          test_share);
}

}  // namespace

bool in_test(const std::string& name, double test_share, std::uint64_t seed) {
  return Stream(seed, "split " + name).uniform() < test_share;
}

PreferenceSplit split_by_prompt(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                                double test_share, std::uint64_t seed) {
  check(test_share);
  PreferenceSplit split;
  std::unordered_map<std::string, LabelledComparisons*> sides;
  for (const Comparison& comparison : comparisons) {
    LabelledComparisons& side =
        in_test(prompt_content(comparison.prompt), test_share, seed) ? split.test : split.train;
    side.comparisons.push_back(comparison);
    sides.emplace(comparison.id, &side);
  }
  for (const Vote& vote : votes) {
    const auto side = sides.find(vote.comparison);
    require(side != sides.end(), "split: a vote is on the comparison {}, which is not there.",
            vote.comparison);
    side->second->votes.push_back(vote);
  }
  return split;
}

PreferenceSplit split_by_rater(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                               double test_share, std::uint64_t seed) {
  check(test_share);
  PreferenceSplit split;
  std::unordered_set<std::string> in_train, in_other;
  for (const Vote& vote : votes) {
    const bool test = in_test(vote.rater, test_share, seed);
    (test ? split.test : split.train).votes.push_back(vote);
    (test ? in_other : in_train).insert(vote.comparison);
  }
  for (const Comparison& comparison : comparisons) {
    const bool test = in_other.contains(comparison.id);
    if (test) split.test.comparisons.push_back(comparison);
    if (!test || in_train.contains(comparison.id)) split.train.comparisons.push_back(comparison);
  }
  return split;
}

}  // namespace nudge
