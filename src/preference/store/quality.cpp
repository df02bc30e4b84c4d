#include "preference/store/quality.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "preference/label_table.h"

namespace nudge {
namespace {

constexpr double kSecondsPerWord = 0.1;

using ById = std::unordered_map<std::string, const Comparison*>;

std::string role_of(const Vote& vote) {
  return vote.extra.is_object() ? vote.extra.value("role", "vote") : "vote";
}

std::int64_t words(const Comparison& comparison) {
  std::int64_t count = 0;
  for (const Answer& answer : comparison.answers) {
    if (answer.media != "text") continue;
    bool inside = false;
    for (const char c : answer.content) {
      const bool space = c == ' ' || c == '\n' || c == '\t';
      count += !space && !inside;
      inside = !space;
    }
  }
  return count;
}

std::optional<double> median(std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
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

/// The winner of a pair without a tie, or nothing.
std::optional<std::size_t> winner(const Vote& vote) {
  if (vote.outcome != Outcome::compared || vote.ranks.size() != 2 || vote.tie()) return std::nullopt;
  return vote.ranks[0] == 0 ? 0 : 1;
}

void count_left(const Vote& vote, Share& left) {
  if (const auto won = winner(vote); won && vote.shown.size() == 2)
    left.count(vote.shown[0] == static_cast<std::int64_t>(*won));
}

void count_longer(const Vote& vote, const Comparison& comparison, Share& longer) {
  const auto won = winner(vote);
  if (!won || comparison.answers[0].media != "text") return;
  const std::size_t lengths[] = {comparison.answers[0].content.size(), comparison.answers[1].content.size()};
  if (lengths[0] != lengths[1]) longer.count(lengths[*won] > lengths[1 - *won]);
}

/// One rater's numbers while votes come by in order.
struct RaterTally {
  RaterQuality quality;
  std::vector<double> seconds;
  std::unordered_map<std::string, const Vote*> first;  // on each comparison

  void count(const Vote& vote, const Comparison& comparison) {
    if (vote.outcome == Outcome::skipped) {
      ++quality.skipped;
      return;
    }
    ++quality.votes;
    count_left(vote, quality.left);
    if (vote.seconds > 0) {
      seconds.push_back(vote.seconds);
      quality.too_fast.count(vote.seconds < kSecondsPerWord * static_cast<double>(words(comparison)));
    }
    const std::string role = role_of(vote);
    if (role == "gold") quality.gold.count(passes(vote, comparison));
    const auto [before, is_first] = first.emplace(vote.comparison, &vote);
    const std::size_t answers = comparison.answers.size();
    if (role == "repeat" && !is_first)
      quality.repeat.count(labels_of(vote, answers) == labels_of(*before->second, answers));
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
  std::map<std::string, std::vector<double>> seconds;
  std::unordered_map<std::string, std::vector<const Vote*>> before;  // on each comparison
  for (const Vote& vote : votes) {
    const auto comparison = comparisons.find(vote.comparison);
    if (comparison == comparisons.end() || vote.time.size() < 13 || vote.outcome == Outcome::skipped)
      continue;
    std::string label = vote.time.substr(0, length);
    if (length == 13) label = label.replace(10, 1, " ") + "h";
    Period& period = periods[label];
    period.label = label;
    ++period.votes;
    count_left(vote, period.left);
    if (vote.seconds > 0) seconds[label].push_back(vote.seconds);
    for (const Vote* other : before[vote.comparison]) {
      if (other->rater == vote.rater) continue;
      const std::size_t answers = comparison->second->answers.size();
      const std::vector<int> mine = labels_of(vote, answers), theirs = labels_of(*other, answers);
      for (std::size_t i = 0; i < mine.size(); ++i)
        if (mine[i] != kNoLabel && theirs[i] != kNoLabel) period.agreement.count(mine[i] == theirs[i]);
    }
    before[vote.comparison].push_back(&vote);
  }
  std::vector<Period> drift;
  for (auto& [label, period] : periods) {
    period.seconds_median = median(seconds[label]);
    drift.push_back(std::move(period));
  }
  return drift;
}

}  // namespace

Quality quality_of(std::span<const Comparison> comparisons, std::span<const Vote> all_votes) {
  ById by_id;
  for (const Comparison& comparison : comparisons) by_id.emplace(comparison.id, &comparison);
  std::map<std::string, RaterTally> tallies;
  Quality quality;
  for (const Vote& vote : all_votes) {
    const auto comparison = by_id.find(vote.comparison);
    if (comparison == by_id.end()) continue;
    tallies[vote.rater].count(vote, *comparison->second);
    count_left(vote, quality.left);
    count_longer(vote, *comparison->second, quality.longer);
  }
  for (auto& [rater, tally] : tallies) {
    tally.quality.rater = rater;
    tally.quality.seconds_median = median(tally.seconds);
    quality.raters.push_back(std::move(tally.quality));
  }
  quality.drift = drift_of(by_id, all_votes);
  return quality;
}

Json to_json(const Share& share) {
  if (share.trials == 0) return nullptr;
  const Interval interval = share.interval();
  return {{"value", interval.value}, {"low", interval.low}, {"high", interval.high}, {"count", share.trials}};
}

}  // namespace nudge
