#include "rollout/labelled_batch.h"

#include <map>

#include "tensor/aten.h"

namespace nudge {

LabelledBatch pack_examples(const LabelledTokens& data, std::span<const float> weights,
                            std::span<const std::int64_t> examples) {
  LabelledBatch batch;
  std::map<std::int64_t, TokenSpan> places;
  std::int64_t tokens = 0;
  const at::Tensor desirable_B = at::empty({std::ssize(examples)}, at::kBool);
  std::vector<float> weighs;
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const LabelledTokens::Example& example = data.examples[examples[b]];
    const auto [place, fresh] = places.try_emplace(example.completion);
    if (fresh) {
      place->second = {tokens, std::ssize(data.completions[example.completion].completion_tokens)};
      tokens += place->second.count;
      batch.completions.push_back(example.completion);
    }
    batch.spans.push_back(place->second);
    desirable_B.data_ptr<bool>()[b] = example.desirable;
    weighs.push_back(weights[examples[b]]);
  }
  batch.packed = pack_trajectories(data.completions, batch.completions);
  batch.desirable_B = desirable_B;
  batch.weights_B = at::tensor(weighs, at::kFloat);
  return batch;
}

}  // namespace nudge
