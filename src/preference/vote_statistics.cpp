#include "preference/vote_statistics.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "preference/label_table.h"
#include "preference/prompt_content.h"
#include "text/utf8.h"

namespace nudge {
namespace {

constexpr double kSecondsPerWord = 0.1;

std::int64_t words(std::string_view text) {
  std::int64_t count = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    count += !space && !inside;
    inside = !space;
  }
  return count;
}

/// What of a comparison every vote on it needs.
struct Shown {
  const Comparison* comparison = nullptr;
  std::vector<double> lengths;  // of the answers, in characters
  std::int64_t words = 0;       // on the screen
};

Shown shown_of(const Comparison& comparison) {
  Shown shown{.comparison = &comparison, .words = words(comparison.prompt.text)};
  for (const Message& message : comparison.prompt.messages) shown.words += words(message.content);
  for (const Answer& answer : comparison.answers) {
    shown.words += words(answer.content);
    shown.lengths.push_back(static_cast<double>(count_code_points(replace_invalid_utf8(answer.content))));
  }
  return shown;
}

std::int64_t place_of(const Vote& vote, std::size_t answer) {
  return std::ranges::find(vote.shown, static_cast<std::int64_t>(answer)) - vote.shown.begin();
}

void count_pair(VoteCounts& counts, const Vote& vote, const Shown& shown, std::size_t first,
                std::size_t second) {
  ++counts.pairs;
  const int label = label_of(vote, first, second);
  if (label == kTie) {
    ++counts.ties;
    return;
  }
  const bool first_better = label == kFirstBetter;
  counts.longer.count_better(first_better, shown.lengths[first], shown.lengths[second]);
  if (!vote.shown.empty())
    counts.left.count(first_better == (place_of(vote, first) < place_of(vote, second)));
}

/// What the vote says of the pairs of answers that `which` picks.
template <class Which>
void count_vote(VoteCounts& counts, const Vote& vote, const Shown& shown, Which which) {
  ++counts.votes;
  if (vote.seconds > 0 && vote.outcome != Outcome::skipped) {
    counts.seconds.push_back(vote.seconds);
    counts.fast.count(vote.seconds < kSecondsPerWord * static_cast<double>(shown.words));
  }
  if (vote.outcome != Outcome::compared) return;
  ++counts.compared;
  for (std::size_t first = 0; first < shown.lengths.size(); ++first)
    for (std::size_t second = first + 1; second < shown.lengths.size(); ++second)
      if (which(first, second)) count_pair(counts, vote, shown, first, second);
}

void count_vote(VoteCounts& counts, const Vote& vote, const Shown& shown) {
  count_vote(counts, vote, shown, [](std::size_t, std::size_t) { return true; });
}

/// A strength is said of the best and the next best, and the other pairs of a ranking have none.
void count_strength(std::map<std::string, VoteCounts>& by_strength, const Vote& vote, const Shown& shown) {
  if (vote.outcome != Outcome::compared || vote.tie()) return;
  if (vote.strength == 0) return count_vote(by_strength["not said"], vote, shown);
  count_vote(by_strength[std::to_string(vote.strength)], vote, shown,
             [&](auto first, auto second) { return vote.strength_between(first, second) != 0; });
}

bool same_answer(const Vote& a, const Vote& b) {
  return a.outcome == b.outcome && a.ranks == b.ranks;
}

}  // namespace

VoteStatistics vote_statistics(std::span<const Comparison> comparisons, std::span<const Vote> votes) {
  VoteStatistics result{.comparisons = static_cast<std::int64_t>(comparisons.size())};
  std::unordered_map<std::string, Shown> shown;
  std::set<std::string> prompts;
  for (const Comparison& comparison : comparisons) {
    shown.emplace(comparison.id, shown_of(comparison));
    prompts.insert(prompt_content(comparison.prompt));
  }
  result.prompts = static_cast<std::int64_t>(prompts.size());
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
