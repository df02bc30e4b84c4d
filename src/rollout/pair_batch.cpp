#include "rollout/pair_batch.h"

#include <ATen/ATen.h>

#include <map>
#include <set>

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

std::int64_t length(const std::vector<std::int32_t>& tokens) {
  return static_cast<std::int64_t>(tokens.size());
}

std::int64_t likely_of(const PreferenceTokens::Pair& pair, Likely likely) {
  return likely == Likely::gold ? pair.gold : pair.chosen;
}

// Gives each completion of a batch its place, in order of first use.
class Placement {
 public:
  Placement(const PreferenceTokens& data, PairBatch& batch) : data_(data), batch_(batch) {}

  TokenSpan of(std::int64_t completion) {
    const auto [place, fresh] = places_.try_emplace(completion);
    if (fresh) {
      const Trajectory& each = data_.completions[completion];
      place->second = {tokens_, {batch_.completion_tokens, length(each.completion_tokens)}};
      batch_.completions.push_back(completion);
      batch_.completion_tokens += length(each.completion_tokens);
      tokens_ += length(each.prompt_tokens) + length(each.completion_tokens);
    }
    return place->second.span;
  }

  // The prompt of a completion, behind all completions; its first token has nothing before it to be predicted
  // from.
  TokenSpan prompt_of(std::int64_t completion) {
    const auto [span, fresh] = prompts_.try_emplace(completion);
    if (fresh) {
      const std::int64_t start = places_.at(completion).start;
      const std::int64_t count = length(data_.completions[completion].prompt_tokens) - 1;
      span->second = {batch_.completion_tokens + length_of_positions(), count};
      for (std::int64_t t = 0; t < count; ++t) positions_.push_back(start + t);
    }
    return span->second;
  }

  const Indices& prompt_positions() const { return positions_; }

 private:
  struct Place {
    std::int64_t start;  // in the packed tokens
    TokenSpan span;
  };
  std::int64_t length_of_positions() const { return static_cast<std::int64_t>(positions_.size()); }

  const PreferenceTokens& data_;
  PairBatch& batch_;
  std::int64_t tokens_ = 0;
  std::map<std::int64_t, Place> places_;
  std::map<std::int64_t, TokenSpan> prompts_;
  Indices positions_;
};

}  // namespace

at::Tensor span_sums(const at::Tensor& values_N, std::span<const TokenSpan> spans) {
  Indices tokens, rows;
  for (std::size_t row = 0; row < spans.size(); ++row) {
    for (std::int64_t t = 0; t < spans[row].count; ++t) {
      tokens.push_back(spans[row].first + t);
      rows.push_back(static_cast<std::int64_t>(row));
    }
  }
  return at::zeros({static_cast<std::int64_t>(spans.size())}, values_N.options())
      .index_add(0, at::tensor(rows, at::kLong), values_N.index_select(0, at::tensor(tokens, at::kLong)));
}

at::Tensor span_lengths(std::span<const TokenSpan> spans) {
  std::vector<float> counts;
  for (const TokenSpan& span : spans) counts.push_back(static_cast<float>(span.count));
  return at::tensor(counts, at::kFloat);
}

PairBatch pack_pairs(const PreferenceTokens& data, std::span<const std::int64_t> pairs, Likely likely,
                     bool likely_prompt) {
  PairBatch batch;
  Placement placement(data, batch);
  for (const std::int64_t index : pairs) {
    const PreferenceTokens::Pair& pair = data.pairs[index];
    batch.chosen.push_back(placement.of(pair.chosen));
    batch.rejected.push_back(placement.of(pair.rejected));
    if (likely != Likely::none) batch.likely.push_back(placement.of(likely_of(pair, likely)));
  }
  batch.packed = pack_trajectories(data.completions, batch.completions);
  if (likely == Likely::none || !likely_prompt) return batch;
  for (const std::int64_t index : pairs)
    batch.likely_prompt.push_back(placement.prompt_of(likely_of(data.pairs[index], likely)));
  batch.packed.predicting_N =
      at::cat({batch.packed.predicting_N, at::tensor(placement.prompt_positions(), at::kLong)});
  return batch;
}

std::int64_t packed_tokens(const PreferenceTokens& data, std::span<const std::int64_t> pairs, Likely likely) {
  std::set<std::int64_t> distinct;
  for (const std::int64_t index : pairs) {
    const PreferenceTokens::Pair& pair = data.pairs[index];
    distinct.insert({pair.chosen, pair.rejected});
    if (likely != Likely::none) distinct.insert(likely_of(pair, likely));
  }
  std::int64_t tokens = 0;
  for (const std::int64_t index : distinct)
    tokens +=
        length(data.completions[index].prompt_tokens) + length(data.completions[index].completion_tokens);
  return tokens;
}

}  // namespace nudge
