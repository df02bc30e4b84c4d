#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assembly/model_options.h"
#include "preference/simulated_rater.h"
#include "records/comparison.h"
#include "world/gold.h"

namespace nudge {

/// Several simulated raters who all vote on the same comparisons.
struct SimulatedVotes {
  std::string dataset;  // comparisons, a store, or candidates
  std::string scorer;   // as utilities() takes it
  world::RaterLeanings leanings;
  ModelOptions models;      // the bases of a scorer with adapters
  RaterOptions rater;       // each is one of these; with several, named NAME-1, NAME-2 ...
  std::int64_t raters = 1;  // how many
  std::uint64_t seed = 0;
};

/// The comparisons with what the raters said of them. Throws Error.
struct VotedComparisons {
  std::vector<Comparison> comparisons;
  std::vector<Vote> votes;
};
VotedComparisons simulated_votes(const SimulatedVotes& options);

}  // namespace nudge
