#include "preference/store/rater_report.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "preference/label_table.h"

namespace nudge {
namespace {

using ById = std::unordered_map<std::string, ShownComparison>;

std::string role_of(const Vote& vote) {
  return vote.extra.is_object() ? vote.extra.value("role", "vote") : "vote";
}

/// The labels of a vote on all pairs of answers.
std::vector<int> labels_of(const Vote& vote, std::size_t answers) {
  std::vector<int> labels;
  for (std::size_t first = 0; first < answers; ++first)
    for (std::size_t second = first + 1; second < answers; ++second)
      labels.push_back(label_of(vote, first, second));
  return labels;
}

bool passes(const Vote& vote, const Comparison& comparison) {
  const auto expected = comparison.extra.at("gold_ranks").get<std::vector<std::int64_t>>();
  if (vote.outcome != Outcome::compared) return false;
  for (std::size_t first = 0; first < expected.size(); ++first)
    for (std::size_t second = 0; second < expected.size(); ++second)
      if (expected[first] < expected[second] && vote.ranks[first] >= vote.ranks[second]) return false;
  return true;
}

/// One rater's numbers while votes come by in order.
struct RaterTally {
  RaterWork work;
  VoteCounts counts;
  std::unordered_map<std::string, const Vote*> first;  // on each comparison

  void count(const Vote& vote, const ShownComparison& shown) {
    if (vote.outcome == Outcome::skipped) {
      ++work.skipped;
      return;
    }
    count_vote(counts, vote, shown);
    const std::string role = role_of(vote);
    if (role == "gold") work.gold.count(passes(vote, *shown.comparison));
    const auto [before, is_first] = first.emplace(vote.comparison, &vote);
    if (role == "repeat" && !is_first) work.repeat.count(same_answer(vote, *before->second));
  }

  RaterWork taken(const std::string& rater) {
    work.rater = rater;
    work.votes = counts.votes;
    work.seconds_median = median(counts.seconds);
    work.too_fast = counts.fast;
    work.left = counts.left;
    return std::move(work);
  }
};

/// Of a time as text: days, or hours where there are no more than two days.
std::size_t label_length(std::span<const Vote> votes) {
  std::set<std::string> days;
  for (const Vote& vote : votes)
    if (vote.time.size() >= 13) days.insert(vote.time.substr(0, 10));
  return days.size() > 2 ? 10 : 13;
}

std::vector<Period> drift_of(const ById& comparisons, std::span<const Vote> votes) {
  const std::size_t length = label_length(votes);
  std::map<std::string, Period> periods;
  std::map<std::string, VoteCounts> counts;
  std::unordered_map<std::string, std::vector<const Vote*>> before;  // on each comparison
  for (const Vote& vote : votes) {
    const auto comparison = comparisons.find(vote.comparison);
    if (comparison == comparisons.end() || vote.time.size() < 13 || vote.outcome == Outcome::skipped)
      continue;
    std::string label = vote.time.substr(0, length);
    if (length == 13) label = label.replace(10, 1, " ") + "h";
    Period& period = periods[label];
    period.label = label;
    count_vote(counts[label], vote, comparison->second);
    for (const Vote* other : before[vote.comparison]) {
      if (other->rater == vote.rater) continue;
      const std::size_t answers = comparison->second.lengths.size();
      const std::vector<int> mine = labels_of(vote, answers), theirs = labels_of(*other, answers);
      for (std::size_t i = 0; i < mine.size(); ++i)
        if (mine[i] != kNoLabel && theirs[i] != kNoLabel) period.agreement.count(mine[i] == theirs[i]);
    }
    before[vote.comparison].push_back(&vote);
  }
  std::vector<Period> drift;
  for (auto& [label, period] : periods) {
    period.votes = counts[label].votes;
    period.left = counts[label].left;
    period.seconds_median = median(counts[label].seconds);
    drift.push_back(std::move(period));
  }
  return drift;
}

}  // namespace

RaterReport rater_report(std::span<const Comparison> comparisons, std::span<const Vote> all_votes) {
  ById by_id;
  for (const Comparison& comparison : comparisons) by_id.emplace(comparison.id, ShownComparison(comparison));
  std::map<std::string, RaterTally> tallies;
  VoteCounts all;
  for (const Vote& vote : all_votes) {
    const auto shown = by_id.find(vote.comparison);
    if (shown == by_id.end()) continue;
    tallies[vote.rater].count(vote, shown->second);
    count_vote(all, vote, shown->second);
  }
  RaterReport report{.left = all.left, .longer = all.longer};
  for (auto& [rater, tally] : tallies) report.raters.push_back(tally.taken(rater));
  report.drift = drift_of(by_id, all_votes);
  return report;
}

}  // namespace nudge
