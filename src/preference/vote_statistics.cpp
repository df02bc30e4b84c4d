#include "preference/vote_statistics.h"

#include <set>
#include <unordered_map>

#include "base/error.h"
#include "preference/prompt_content.h"

namespace nudge {
namespace {

/// A strength is said of the best and the next best, and the other pairs of a ranking have none.
void count_strength(std::map<std::string, VoteCounts>& by_strength, const Vote& vote,
                    const ShownComparison& shown) {
  if (vote.outcome != Outcome::compared || vote.tie()) return;
  if (vote.strength == 0) return count_vote(by_strength["not said"], vote, shown);
  count_vote(by_strength[std::to_string(vote.strength)], vote, shown,
             [&](auto first, auto second) { return vote.strength_between(first, second) != 0; });
}

}  // namespace

VoteStatistics vote_statistics(std::span<const Comparison> comparisons, std::span<const Vote> votes) {
  VoteStatistics result{.comparisons = std::ssize(comparisons)};
  std::unordered_map<std::string, ShownComparison> shown;
  std::set<std::string> prompts;
  for (const Comparison& comparison : comparisons) {
    shown.emplace(comparison.id, ShownComparison(comparison));
    prompts.insert(prompt_content(comparison.prompt));
  }
  result.prompts = std::ssize(prompts);
  result.by_model = counts_by_model(comparisons, votes);
  std::map<std::pair<std::string, std::string>, const Vote*> first_votes;
  for (const Vote& vote : votes) {
    const auto found = shown.find(vote.comparison);
    require(found != shown.end(), "statistics: a vote is on the comparison {}, which is not there.",
            vote.comparison);
    const Comparison& comparison = *found->second.comparison;
    require_fits(vote, comparison, fmt::format("vote on {}", vote.comparison));
    count_vote(result.all, vote, found->second);
    ++result.outcomes[to_string(vote.outcome)];
    count_vote(result.by_source[comparison.source], vote, found->second);
    count_vote(result.by_rater[vote.rater], vote, found->second);
    count_vote(result.by_protocol[vote.protocol], vote, found->second);
    count_strength(result.by_strength, vote, found->second);
    if (vote.outcome == Outcome::skipped) continue;
    const auto [first, is_first] = first_votes.emplace(std::pair{vote.comparison, vote.rater}, &vote);
    if (!is_first) result.repeats.count(same_answer(*first->second, vote));
  }
  return result;
}

}  // namespace nudge
