#include "tensor/packed_batch.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {

namespace {

using Indices = std::vector<std::int64_t>;

/// The sequences of each prompt, in order of first appearance; one without a prompt is by itself.
std::vector<Indices> by_prompt(std::span<const PromptedSequence> sequences) {
  const auto less = [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); };
  std::map<std::span<const std::int32_t>, std::size_t, decltype(less)> known;
  std::vector<Indices> groups;
  for (std::int64_t b = 0; b < std::ssize(sequences); ++b) {
    const auto prompt = sequences[b].prompt;
    const std::size_t group =
        prompt.empty() ? groups.size() : known.try_emplace(prompt, groups.size()).first->second;
    if (group == groups.size()) groups.emplace_back();
    groups[group].push_back(b);
  }
  return groups;
}

/// Writes segments behind one another.
class Packing {
 public:
  std::vector<std::int32_t> tokens, positions, segment_starts{0}, group_starts{0};

  /// Tokens of a segment that is still open, the first of which has `position` tokens before it.
  void add(std::span<const std::int32_t> more, std::int64_t position) {
    for (const std::int32_t token : more) {
      tokens.push_back(token);
      positions.push_back(static_cast<std::int32_t>(position++));
    }
  }
  void end_segment() { segment_starts.push_back(static_cast<std::int32_t>(tokens.size())); }
  void end_group() { group_starts.push_back(static_cast<std::int32_t>(segment_starts.size()) - 1); }
  std::int64_t next() const { return std::ssize(tokens); }
};

void check(std::span<const PromptedSequence> sequences) {
  require(!sequences.empty(), "Packing a batch: expected at least one sequence, got none.");
  std::int64_t tokens = 0;
  for (const PromptedSequence& sequence : sequences) {
    require(sequence.length() > 0, "Packing a batch: one of its sequences is empty; leave it out.");
    tokens += sequence.length();
  }
  require(tokens <= INT32_MAX, "Packing a batch: {} tokens are too many for one batch.", tokens);
}

}  // namespace

std::vector<PromptedSequence> unprompted(std::span<const std::vector<std::int32_t>> sequences) {
  std::vector<PromptedSequence> result;
  for (const auto& sequence : sequences) result.push_back({.prompt = {}, .completion = sequence});
  return result;
}

std::int64_t PackedBatch::row(std::int64_t sequence, std::int64_t t) const {
  const Place& place = sequences[sequence];
  return t < place.shared ? place.trunk + t : place.own + t - place.shared;
}

at::Tensor PackedBatch::last_tokens_B() const {
  Indices rows;
  for (std::int64_t b = 0; b < std::ssize(sequences); ++b) rows.push_back(row(b, sequences[b].length - 1));
  return at::tensor(rows, at::kLong);
}

PackedBatch pack(std::span<const PromptedSequence> sequences) {
  check(sequences);
  PackedBatch batch;
  batch.sequences.resize(sequences.size());
  Packing layout;
  for (const Indices& group : by_prompt(sequences)) {
    const auto prompt = sequences[group.front()].prompt;
    const std::int64_t trunk = layout.next(), shared = group.size() > 1 ? std::ssize(prompt) : 0;
    layout.add(prompt, 0);
    if (shared > 0) layout.end_segment();
    for (const std::int64_t b : group) {
      const std::int64_t own = shared > 0 ? layout.next() : trunk;
      layout.add(sequences[b].completion, std::ssize(prompt));
      layout.end_segment();
      batch.sequences[b] = {trunk, shared, own, sequences[b].length()};
    }
    layout.end_group();
  }
  batch.tokens_T = at::tensor(layout.tokens, at::kInt);
  batch.positions_T = at::tensor(layout.positions, at::kInt);
  batch.segment_starts_C1 = at::tensor(layout.segment_starts, at::kInt);
  batch.group_starts_G1 = at::tensor(layout.group_starts, at::kInt);
  return batch;
}

PackedBatch pack(std::span<const std::vector<std::int32_t>> sequences) {
  return pack(unprompted(sequences));
}

std::int64_t packed_tokens(std::span<const PromptedSequence> sequences) {
  std::int64_t tokens = 0;
  for (const Indices& group : by_prompt(sequences)) {
    tokens += std::ssize(sequences[group.front()].prompt);
    for (const std::int64_t b : group) tokens += std::ssize(sequences[b].completion);
  }
  return tokens;
}

std::vector<std::vector<std::int64_t>> micro_batches(std::span<const std::int64_t> lengths,
                                                     std::int64_t token_budget) {
  std::vector<std::int64_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return lengths[a] < lengths[b]; });

  std::vector<std::vector<std::int64_t>> batches;
  std::int64_t used = 0;
  for (const auto index : order) {
    if (batches.empty() || used + lengths[index] > token_budget) {
      batches.emplace_back();
      used = 0;
    }
    batches.back().push_back(index);
    used += lengths[index];
  }
  return batches;
}

std::vector<Indices> micro_batches(std::span<const PromptedSequence> sequences, std::int64_t token_budget) {
  std::vector<Indices> parts;  // of a prompt's sequences, within the budget
  Indices lengths;
  for (const Indices& group : by_prompt(sequences)) {
    bool fresh = true;
    for (const std::int64_t b : group) {
      const std::int64_t more = std::ssize(sequences[b].completion);
      if (fresh || lengths.back() + more > token_budget) {
        parts.emplace_back();
        lengths.push_back(std::ssize(sequences[b].prompt));
      }
      fresh = false;
      parts.back().push_back(b);
      lengths.back() += more;
    }
  }
  std::vector<Indices> batches;
  for (const Indices& batch : micro_batches(lengths, token_budget)) {
    batches.emplace_back();
    for (const std::int64_t part : batch) std::ranges::copy(parts[part], std::back_inserter(batches.back()));
  }
  return batches;
}

std::vector<std::vector<std::int64_t>> micro_batches(
    std::span<const std::int64_t> indices, std::int64_t token_budget,
    const std::function<std::int64_t(std::int64_t)>& length) {
  std::vector<std::int64_t> lengths;
  for (const std::int64_t index : indices) lengths.push_back(length(index));
  auto batches = micro_batches(lengths, token_budget);
  for (auto& batch : batches) {
    for (std::int64_t& position : batch) position = indices[position];
  }
  return batches;
}

}  // namespace nudge
