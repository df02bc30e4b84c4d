#include "preference/vote_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "preference/label_table.h"
#include "text/utf8.h"

namespace nudge {
namespace {

constexpr double kSecondsPerWord = 0.1;

std::int64_t words_of(std::string_view text) {
  std::int64_t count = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    count += !space && !inside;
    inside = !space;
  }
  return count;
}

std::int64_t place_of(const Vote& vote, std::size_t answer) {
  return std::ranges::find(vote.shown, static_cast<std::int64_t>(answer)) - vote.shown.begin();
}

void count_pair(VoteCounts& counts, const Vote& vote, const ShownComparison& shown, std::size_t first,
                std::size_t second) {
  ++counts.pairs;
  const int label = label_of(vote, first, second);
  if (label == kTie) {
    ++counts.ties;
    return;
  }
  const bool first_better = label == kFirstBetter;
  const double lengths[] = {shown.lengths[first], shown.lengths[second]};
  if (!std::isnan(lengths[0] + lengths[1])) counts.longer.count_better(first_better, lengths[0], lengths[1]);
  if (!vote.shown.empty())
    counts.left.count(first_better == (place_of(vote, first) < place_of(vote, second)));
}

}  // namespace

ShownComparison::ShownComparison(const Comparison& shown)
    : comparison(&shown), words(words_of(shown.prompt.text)) {
  for (const Message& message : shown.prompt.messages) words += words_of(message.content);
  for (const Answer& answer : shown.answers) {
    const bool text = answer.media == "text";
    words += text ? words_of(answer.content) : 0;
    lengths.push_back(text ? static_cast<double>(count_code_points(replace_invalid_utf8(answer.content)))
                           : std::numeric_limits<double>::quiet_NaN());
  }
}

void count_vote(VoteCounts& counts, const Vote& vote, const ShownComparison& shown, const PickPairs& which) {
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

bool same_answer(const Vote& a, const Vote& b) {
  return a.outcome == b.outcome && a.ranks == b.ranks;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + values.size() / 2;
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

Json to_json(const Share& share) {
  if (share.trials == 0) return nullptr;
  const Interval interval = share.interval();
  return {{"value", interval.value}, {"low", interval.low}, {"high", interval.high}, {"count", share.trials}};
}

}  // namespace nudge
