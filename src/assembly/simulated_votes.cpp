#include "assembly/simulated_votes.h"

#include "assembly/rater_utilities.h"
#include "base/error.h"
#include "preference/candidates.h"
#include "preference/comparison_files.h"
#include "preference/simulated_vote.h"

namespace nudge {

VotedComparisons simulated_votes(const SimulatedVotes& options) {
  const std::vector<Comparison> comparisons = read_comparisons(options.dataset).comparisons;
  const Utilities seen =
      utilities(options.scorer, options.leanings, options.models, candidate_sets(comparisons));
  std::vector<Vote> votes;
  for (std::int64_t number = 1; number <= options.raters; ++number) {
    RaterOptions rater = options.rater;
    if (options.raters > 1) rater.name += fmt::format("-{}", number);
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
      Stream stream(options.seed, rater.name, i);
      votes.push_back(simulated_vote(rater, comparisons[i], seen[i], stream));
    }
  }
  return {comparisons, std::move(votes)};
}

}  // namespace nudge
