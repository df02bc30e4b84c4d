#pragma once

#include <cstdint>
#include <vector>

namespace nudge {

/// One comparison of K >= 2 answers, whose scores lie in a tensor: of a pair, or of a ranking.
struct RankedItems {
  std::vector<std::int64_t> items;  // indices into the scores, distinct
  std::vector<std::int64_t> ranks;  // of each, 0 best, 1 next best; equal ranks are ties
  double margin = 0;                // how far apart the best and the next best are said to be
  double weight = 1;
};

}  // namespace nudge
