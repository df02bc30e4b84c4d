#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace nudge {

/// Share of distinct texts among `answers`: 1 when all differ, 1 / n when all are the same.
double distinct_share(std::span<const std::string> answers);

/// distinct-n (Li et al. 2016): distinct n-grams of words over all n-grams, over all answers together. Falls
/// with the amount of text, so compare models on the same prompts. 0 when there is no n-gram.
double distinct_ngrams(std::span<const std::string> answers, std::int64_t n);

}  // namespace nudge
