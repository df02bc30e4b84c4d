#include "tensor/packed_batch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace nudge {

at::Tensor PackedBatch::last_tokens_B() const {
  return sequence_starts_B1.slice(0, 1).to(at::kLong).sub_(1);
}

PackedBatch pack(std::span<const std::vector<std::int32_t>> sequences) {
  require(!sequences.empty(), "Packing a batch: expected at least one sequence, got none.");
  std::int64_t tokens = 0;
  for (const auto& sequence : sequences) {
    require(!sequence.empty(), "Packing a batch: one of its sequences is empty; leave it out.");
    tokens += static_cast<std::int64_t>(sequence.size());
  }
  require(tokens <= INT32_MAX, "Packing a batch: {} tokens are too many for one batch.", tokens);

  const auto count = static_cast<std::int64_t>(sequences.size());
  PackedBatch batch{at::empty({tokens}, at::kInt), at::empty({tokens}, at::kInt),
                    at::empty({count + 1}, at::kInt)};
  auto* token = batch.tokens_T.data_ptr<std::int32_t>();
  auto* position = batch.positions_T.data_ptr<std::int32_t>();
  auto* start = batch.sequence_starts_B1.data_ptr<std::int32_t>();
  *start = 0;
  for (const auto& sequence : sequences) {
    token = std::copy(sequence.begin(), sequence.end(), token);
    std::iota(position, position + sequence.size(), 0);
    position += sequence.size();
    start[1] = start[0] + static_cast<std::int32_t>(sequence.size());
    ++start;
  }
  return batch;
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

std::vector<std::vector<std::int64_t>> micro_batches(
    std::span<const std::int64_t> chosen, std::int64_t token_budget,
    const std::function<std::int64_t(std::int64_t)>& length) {
  std::vector<std::int64_t> lengths;
  for (const std::int64_t index : chosen) lengths.push_back(length(index));
  auto batches = micro_batches(lengths, token_budget);
  for (auto& batch : batches) {
    for (std::int64_t& position : batch) position = chosen[position];
  }
  return batches;
}

}  // namespace nudge
