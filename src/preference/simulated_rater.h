#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "records/records.h"

namespace nudge {

class Options;

/// A simulated person: the five parameters of BPref (Lee et al. 2021) - rationality, myopia (of trajectory
/// clips; here unused and therefore absent for text), mistakes, skips, ties - and ours: side bias.
struct RaterOptions {
  double rationality = 4;     // beta of P(first) = sigmoid(beta * (u1 - u2)); infinite: always the better
  double mistake_rate = 0.1;  // the choice is flipped with this probability
  double skip_below = -1e9;   // both utilities below it: skipped
  double tie_within = 0;      // utilities closer than this are a tie
  bool skip_ties = true;      // near ties are skipped instead of recorded as ties
  double side_bias = 0;       // added to the utility of the answer shown left
  std::string name = "simulated";
};
void declare(Options& options, RaterOptions& rater);

/// What a rater does with two answers.
enum class Choice { left, right, tie, skip };

/// One comparison of utilities as shown (left, right), in BPref's order: skip, tie, choice, mistake. All
/// randomness from `stream`. Throws Error for a utility that is not finite.
Choice compare(const RaterOptions& rater, double left_utility, double right_utility, Stream& stream);

/// Labels two completions of a prompt: the side is drawn, the choice made, the record written (protocol
/// "simulated-pair"). Nothing when skipped.
std::optional<PreferencePair> label_pair(const RaterOptions& rater, const Prompt& prompt,
                                         const std::string& first, const std::string& second,
                                         double first_utility, double second_utility, Stream& stream);

/// Ranks of K answers (0 best) by repeated choice of the best: Plackett-Luce at the rater's rationality, each
/// choice replaced by another of those left with probability mistake_rate (so that two answers are ranked as
/// `compare` would choose without side bias). Neighbours closer than tie_within share a rank. Throws Error
/// for a utility that is not finite.
std::vector<std::int64_t> rank(const RaterOptions& rater, std::span<const double> utilities, Stream& stream);

/// Completions with the ranks of `rank`; protocol "simulated-ranking".
Ranking label_ranking(const RaterOptions& rater, const Prompt& prompt,
                      const std::vector<std::string>& completions, std::span<const double> utilities,
                      Stream& stream);

/// The C(K, 2) pairs of a ranking, best first; equal ranks make no pair, or a tie where `keep_ties`.
std::vector<PreferencePair> pairs_of(const Ranking& ranking, bool keep_ties);

}  // namespace nudge
