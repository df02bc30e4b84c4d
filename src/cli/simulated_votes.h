#pragma once

#include <cstdint>
#include <string>

#include "preference/simulated_rater.h"
#include "world/gold.h"

namespace nudge {

/// Several simulated raters who all vote on the same comparisons.
struct SimulatedVotes {
  std::string dataset;  // comparisons, or candidates
  std::string scorer;   // as utilities() takes it
  world::RaterLeanings leanings;
  RaterOptions rater;       // each is one of these; with several, named NAME-1, NAME-2 ...
  std::int64_t raters = 1;  // how many
  std::uint64_t seed = 0;
};

/// Comparisons and their votes, as `raw` lines, with what to tell of them. Throws Error.
struct SimulatedLines {
  std::string lines, text;
  Json summary;
};
SimulatedLines simulated_votes(const SimulatedVotes& options);

}  // namespace nudge
