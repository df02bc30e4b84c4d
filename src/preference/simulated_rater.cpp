#include "preference/simulated_rater.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/options.h"

namespace nudge {
namespace {

void check_finite(std::span<const double> utilities) {
  for (const double utility : utilities)
    require(std::isfinite(utility),
            "simulated rater: every utility must be finite, and one is {}; check the scorer.", utility);
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// P(the one ahead by `gap` is chosen); an infinite rationality knows no chance but in a dead heat.
double chosen_probability(double rationality, double gap) {
  if (gap == 0) return 0.5;
  return sigmoid(rationality * gap);
}

/// The place in `left` of the next best: the largest of rationality * utility + Gumbel noise, which is a draw
/// from the softmax.
std::size_t choose_best(double rationality, const std::vector<std::size_t>& left,
                        std::span<const double> utilities, Stream& stream) {
  std::size_t best = 0;
  double best_key = -std::numeric_limits<double>::infinity();
  const bool perfect = std::isinf(rationality);
  for (std::size_t i = 0; i < left.size(); ++i) {
    const double gumbel = -std::log(-std::log(1 - stream.uniform()));  // 1 - u lies in (0, 1]
    const double key = perfect ? utilities[left[i]] : rationality * utilities[left[i]] + gumbel;
    if (key > best_key) {
      best_key = key;
      best = i;
    }
  }
  return best;
}

}  // namespace

void declare(Options& options, RaterOptions& rater) {
  options.section("The rater");
  options
      .add("rationality", rater.rationality,
           "Steepness of the choice: P(first) = sigmoid(rationality * utility gap); inf always takes the "
           "better.")
      .within(or_else(at_least(0), std::numeric_limits<double>::infinity()));
  options.add("mistake_rate", rater.mistake_rate, "Probability that a choice is turned round.")
      .within(between(0, 1));
  options.add("skip_below", rater.skip_below, "Skip a comparison when both utilities lie below this.")
      .within(any_number());
  options.add("tie_within", rater.tie_within, "Utilities closer than this are a tie.").within(at_least(0));
  options.add("skip_ties", rater.skip_ties, "Leave near ties out instead of recording them as ties.");
  options.add("side_bias", rater.side_bias, "Utility added to the answer shown left.").within(any_number());
  options.add("rater", rater.name, "Name of the rater in the records.").shown_as("NAME");
}

Choice compare(const RaterOptions& rater, double left_utility, double right_utility, Stream& stream) {
  check_finite(std::array{left_utility, right_utility});
  if (left_utility < rater.skip_below && right_utility < rater.skip_below) return Choice::skip;
  if (std::abs(left_utility - right_utility) < rater.tie_within)
    return rater.skip_ties ? Choice::skip : Choice::tie;
  const double gap = left_utility + rater.side_bias - right_utility;
  const bool prefers_left = stream.chance(chosen_probability(rater.rationality, gap));
  const bool mistaken = stream.chance(rater.mistake_rate);
  return prefers_left != mistaken ? Choice::left : Choice::right;
}

std::optional<PreferencePair> label_pair(const RaterOptions& rater, const Prompt& prompt,
                                         const std::string& first, const std::string& second,
                                         double first_utility, double second_utility, Stream& stream) {
  const bool first_left = stream.chance(0.5);
  const Choice choice = first_left ? compare(rater, first_utility, second_utility, stream)
                                   : compare(rater, second_utility, first_utility, stream);
  if (choice == Choice::skip) return std::nullopt;
  const bool chose_left = choice != Choice::right;  // of a tie, the left one stands first
  const bool chose_first = chose_left == first_left;
  return PreferencePair{.prompt = prompt,
                        .chosen = chose_first ? first : second,
                        .rejected = chose_first ? second : first,
                        .tie = choice == Choice::tie,
                        .rater = rater.name,
                        .protocol = "simulated-pair",
                        .shown_left = chose_left ? "chosen" : "rejected"};
}

std::vector<std::int64_t> rank(const RaterOptions& rater, std::span<const double> utilities, Stream& stream) {
  check_finite(utilities);
  std::vector<std::size_t> left(utilities.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  std::vector<std::int64_t> ranks(utilities.size());
  std::int64_t next = 0;
  std::optional<double> previous;
  while (!left.empty()) {
    std::size_t place = choose_best(rater.rationality, left, utilities, stream);
    if (left.size() > 1 && stream.chance(rater.mistake_rate))
      place = (place + 1 + stream.below(left.size() - 1)) % left.size();
    const std::size_t best = left[place];
    left.erase(left.begin() + place);
    if (previous && std::abs(*previous - utilities[best]) >= rater.tie_within) ++next;
    ranks[best] = next;
    previous = utilities[best];
  }
  return ranks;
}

Ranking label_ranking(const RaterOptions& rater, const Prompt& prompt,
                      const std::vector<std::string>& completions, std::span<const double> utilities,
                      Stream& stream) {
  require(completions.size() == utilities.size(),
          "simulated rater: a ranking needs one utility for each completion, and there are {} for {}.",
          utilities.size(), completions.size());
  return {.prompt = prompt,
          .completions = completions,
          .ranks = rank(rater, utilities, stream),
          .rater = rater.name,
          .protocol = "simulated-ranking"};
}

std::vector<PreferencePair> pairs_of(const Ranking& ranking, bool keep_ties) {
  std::vector<PreferencePair> pairs;
  for (std::size_t i = 0; i < ranking.completions.size(); ++i)
    for (std::size_t j = i + 1; j < ranking.completions.size(); ++j) {
      const bool tie = ranking.ranks[i] == ranking.ranks[j];
      if (tie && !keep_ties) continue;
      const bool first_better = ranking.ranks[i] <= ranking.ranks[j];
      pairs.push_back({.prompt = ranking.prompt,
                       .chosen = ranking.completions[first_better ? i : j],
                       .rejected = ranking.completions[first_better ? j : i],
                       .tie = tie,
                       .rater = ranking.rater,
                       .protocol = ranking.protocol,
                       .shown_left = first_better ? "chosen" : "rejected",
                       .time = ranking.time,
                       .extra = ranking.extra});
    }
  return pairs;
}

}  // namespace nudge
