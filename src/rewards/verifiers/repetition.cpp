#include "rewards/verifiers/repetition.h"

#include <cmath>
#include <set>
#include <vector>

#include "rewards/verifiers/length.h"

namespace nudge {

double RepetitionPenalty::operator()(const Trajectory& trajectory) const {
  if (const double known = token_count(trajectory); std::isnan(known)) return known;
  const auto& tokens = trajectory.completion_tokens;
  const auto n = static_cast<std::ptrdiff_t>(ngram_size), size = static_cast<std::ptrdiff_t>(tokens.size());
  if (size < n) return 0;
  std::set<std::vector<std::int32_t>> distinct;
  for (auto gram = tokens.begin(); tokens.end() - gram >= n; ++gram) distinct.emplace(gram, gram + n);
  const auto total = static_cast<double>(size - n + 1);
  const double repeated = 1 - static_cast<double>(distinct.size()) / total;
  return repeated > 0 ? repeated * max_penalty : 0;
}

void declare(SpecReader& spec, RepetitionPenalty& penalty) {
  spec.read("ngram_size", penalty.ngram_size);
  spec.read("max_penalty", penalty.max_penalty);
  if (penalty.ngram_size < 1) spec.refuse("ngram_size must be at least 1");
  if (penalty.max_penalty > 0) spec.refuse("max_penalty must not be positive");
}

}  // namespace nudge
