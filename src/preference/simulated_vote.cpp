#include "preference/simulated_vote.h"

#include "base/error.h"

namespace nudge {
namespace {

void choose_of_two(const RaterOptions& rater, std::span<const double> utilities, Stream& stream, Vote& vote) {
  const auto left = static_cast<std::size_t>(vote.shown[0]);
  const Choice choice = compare(rater, utilities[left], utilities[1 - left], stream);
  vote.protocol = "simulated-pair";
  if (choice == Choice::skip) {
    vote.outcome = Outcome::skipped;
  } else if (choice == Choice::tie) {
    vote.ranks = {0, 0};
  } else {
    const bool first_better = (choice == Choice::left) == (left == 0);
    vote.ranks = {!first_better, first_better};
  }
}

}  // namespace

Vote simulated_vote(const RaterOptions& rater, const Comparison& comparison,
                    std::span<const double> utilities, Stream& stream) {
  require(utilities.size() == comparison.answers.size(),
          "simulated rater: comparison {} needs one utility for each of its {} answers, and there are {}.",
          comparison.id, comparison.answers.size(), utilities.size());
  Vote vote{.comparison = comparison.id, .rater = rater.name};
  vote.shown = stream.permutation(std::ssize(utilities));
  if (utilities.size() == 2) {
    choose_of_two(rater, utilities, stream, vote);
    return vote;
  }
  vote.ranks = rank(rater, utilities, stream);
  vote.protocol = "simulated-ranking";
  return vote;
}

}  // namespace nudge
