#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/preference_tokens.h"
#include "rollout/scoring.h"

namespace nudge {

/// Tokens that lie side by side among the N of a packed batch that carry a log-prob.
struct TokenSpan {
  std::int64_t first = 0, count = 0;
};
/// Sums of values_N over each span, differentiable -> [spans].
at::Tensor span_sums(const at::Tensor& values_N, std::span<const TokenSpan> spans);
/// Their numbers of tokens -> [spans], float.
at::Tensor span_lengths(std::span<const TokenSpan> spans);

/// Which completion of a pair a likelihood is taken of.
enum class Likely { none, chosen, best };

/// P pairs laid out for one forward pass. A completion that stands in several of them, as those of a ranking
/// do, is packed once, and so is a prompt that several completions have.
struct PairBatch {
  std::vector<std::int64_t> completions;         // of the dataset, distinct, as packed
  PackedTrajectories packed;                     // N: their tokens, then those of prompts, if asked for
  std::int64_t completion_tokens = 0;            // how many of the N are of completions
  std::vector<TokenSpan> chosen, rejected;       // [P]
  std::vector<TokenSpan> likely, likely_prompt;  // [P], or empty
};
PairBatch pack_pairs(const PreferenceTokens& data, std::span<const std::int64_t> pairs, Likely likely,
                     bool likely_prompt);

/// The distinct sequences that pack_pairs would pack for these pairs; they are the data's.
std::vector<PromptedSequence> sequences_of(const PreferenceTokens& data, std::span<const std::int64_t> pairs,
                                           Likely likely);

}  // namespace nudge
