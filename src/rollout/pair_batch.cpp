#include "rollout/pair_batch.h"

#include <map>
#include <set>

#include "tensor/aten.h"

namespace nudge {
namespace {

using Indices = std::vector<std::int64_t>;

std::int64_t likely_of(const PreferenceTokens::Pair& pair, Likely likely) {
  return likely == Likely::best ? pair.best : pair.chosen;
}

// Gives each completion of a batch its place, in order of first use.
class Placement {
 public:
  Placement(const PreferenceTokens& data, PairBatch& batch) : data_(data), batch_(batch) {}

  TokenSpan of(std::int64_t completion) {
    const auto [place, fresh] = places_.try_emplace(completion);
    if (fresh) {
      const Trajectory& each = data_.completions[completion];
      place->second = {std::ssize(batch_.completions),
                       {batch_.completion_tokens, std::ssize(each.completion_tokens)}};
      batch_.completions.push_back(completion);
      batch_.completion_tokens += std::ssize(each.completion_tokens);
    }
    return place->second.span;
  }

  // The prompt of a completion that is packed, behind all completions; its first token has nothing before it
  // to be predicted from.
  TokenSpan prompt_of(std::int64_t completion) {
    const auto [span, fresh] = prompts_.try_emplace(completion);
    if (fresh) {
      const auto& prompt = data_.completions[completion].prompt_tokens;
      span->second = {batch_.completion_tokens + std::ssize(positions_), std::ssize(prompt) - 1};
      for (std::int64_t t = 0; t + 1 < std::ssize(prompt); ++t)
        positions_.push_back(batch_.packed.batch.row(places_.at(completion).sequence, t));
      targets_.insert(targets_.end(), prompt.begin() + 1, prompt.end());
    }
    return span->second;
  }

  void add_prompts(PackedTrajectories& packed) const {
    packed.predicting_N = at::cat({packed.predicting_N, at::tensor(positions_, at::kLong)});
    packed.targets_N = at::cat({packed.targets_N, at::tensor(targets_, at::kInt)});
  }

 private:
  struct Place {
    std::int64_t sequence;  // of the packed batch
    TokenSpan span;
  };

  const PreferenceTokens& data_;
  PairBatch& batch_;
  std::map<std::int64_t, Place> places_;
  std::map<std::int64_t, TokenSpan> prompts_;
  Indices positions_;
  std::vector<std::int32_t> targets_;
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
  placement.add_prompts(batch.packed);
  return batch;
}

std::vector<PromptedSequence> sequences_of(const PreferenceTokens& data, std::span<const std::int64_t> pairs,
                                           Likely likely) {
  std::set<std::int64_t> distinct;
  for (const std::int64_t index : pairs) {
    const PreferenceTokens::Pair& pair = data.pairs[index];
    distinct.insert({pair.chosen, pair.rejected});
    if (likely != Likely::none) distinct.insert(likely_of(pair, likely));
  }
  std::vector<PromptedSequence> sequences;
  for (const std::int64_t index : distinct)
    sequences.push_back({data.completions[index].prompt_tokens, data.completions[index].completion_tokens});
  return sequences;
}

}  // namespace nudge
