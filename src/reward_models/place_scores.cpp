#include "reward_models/place_scores.h"

#include <c10/core/GradMode.h>

#include "tensor/aten.h"
#include "tensor/ops.h"
#include "tensor/packed_batch.h"

namespace nudge {

at::Tensor place_scores(const Decoder& model, std::span<const RewardExample* const> examples) {
  std::vector<PromptedSequence> sequences;
  for (const RewardExample* example : examples) {
    for (const auto& sequence : example->sequences) {
      const std::span<const TokenId> tokens = sequence;
      sequences.push_back({tokens.first(example->shared), tokens.subspan(example->shared)});
    }
  }
  const PackedBatch batch = pack(sequences);
  std::vector<std::int64_t> rows;
  std::int64_t first = 0;
  for (const RewardExample* example : examples) {
    for (const auto& [sequence, token] : example->places) rows.push_back(batch.row(first + sequence, token));
    first += std::ssize(example->sequences);
  }
  const auto rows_N = at::tensor(rows, at::kLong);
  return model.head()(select_rows(model.hidden(batch), rows_N));
}

std::vector<std::vector<std::vector<double>>> all_place_scores(const Decoder& model,
                                                               std::span<const RewardExample> examples,
                                                               std::int64_t token_budget) {
  std::vector<std::int64_t> lengths;
  for (const RewardExample& example : examples) lengths.push_back(example.tokens());
  const auto heads = static_cast<std::size_t>(model.config().heads());
  std::vector<std::vector<std::vector<double>>> scores(examples.size());
  const at::NoGradGuard no_gradients;
  for (const std::vector<std::int64_t>& indices : micro_batches(lengths, token_budget)) {
    std::vector<const RewardExample*> batch;
    for (const std::int64_t i : indices) batch.push_back(&examples[i]);
    const at::Tensor raw_NH = place_scores(model, batch).to(at::kFloat).contiguous();
    const float* raw = raw_NH.const_data_ptr<float>();
    for (std::size_t b = 0; b < batch.size(); ++b) {
      auto& of_example = scores[indices[b]];
      of_example.resize(heads);
      for (std::size_t place = 0; place < batch[b]->places.size(); ++place)
        for (std::size_t h = 0; h < heads; ++h) of_example[h].push_back(*raw++);
    }
  }
  return scores;
}

}  // namespace nudge
