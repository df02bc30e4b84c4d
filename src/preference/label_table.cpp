#include "preference/label_table.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/error.h"

namespace nudge {

int label_of(const Vote& vote, std::size_t first, std::size_t second) {
  if (vote.outcome == Outcome::both_bad) return kBothBad;
  if (vote.outcome != Outcome::compared) return kNoLabel;
  const auto a = vote.ranks[first], b = vote.ranks[second];
  return a < b ? kFirstBetter : a == b ? kTie : kSecondBetter;
}

LabelTable label_table(std::span<const Comparison> comparisons, std::span<const Vote> votes) {
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < comparisons.size(); ++i) index.emplace(comparisons[i].id, i);
  std::set<std::string> names;
  std::vector<std::map<std::string, const Vote*>> by_rater(comparisons.size());
  for (const Vote& vote : votes) {
    const auto found = index.find(vote.comparison);
    require(found != index.end(),
            "votes: one of rater {} is on the comparison {}, and there is no such comparison.", vote.rater,
            vote.comparison);
    require_fits(vote, comparisons[found->second],
                 fmt::format("vote of {} on {}", vote.rater, vote.comparison));
    if (label_of(vote, 0, 1) == kNoLabel) continue;
    by_rater[found->second].emplace(vote.rater, &vote);
    names.insert(vote.rater);
  }

  LabelTable table;
  table.raters.assign(names.begin(), names.end());
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    if (by_rater[i].empty()) continue;
    for (std::size_t first = 0; first < comparisons[i].answers.size(); ++first)
      for (std::size_t second = first + 1; second < comparisons[i].answers.size(); ++second) {
        table.items.push_back({i, first, second});
        std::vector<int>& labels = table.labels.emplace_back(table.raters.size(), kNoLabel);
        for (const auto& [rater, vote] : by_rater[i]) {
          const auto column = std::ranges::lower_bound(table.raters, rater) - table.raters.begin();
          labels[column] = label_of(*vote, first, second);
        }
      }
  }
  return table;
}

}  // namespace nudge
