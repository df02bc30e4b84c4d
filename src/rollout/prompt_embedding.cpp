#include "rollout/prompt_embedding.h"

#include "tensor/aten.h"

namespace nudge {

at::Tensor prompt_embeddings(const Decoder& model, std::span<const Trajectory> trajectories,
                             std::int64_t token_budget) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> lengths;
  for (const Trajectory& each : trajectories) lengths.push_back(std::ssize(each.prompt_tokens));
  at::Tensor result = at::empty({std::ssize(lengths), model.config().hidden_size}, at::kFloat);
  for (const auto& part : micro_batches(lengths, token_budget)) {
    std::vector<std::vector<std::int32_t>> prompts;
    for (const std::int64_t index : part) prompts.push_back(trajectories[index].prompt_tokens);
    const at::Tensor states_TD = model.hidden(pack(prompts)).to(at::kFloat);
    std::int64_t start = 0;
    for (const std::int64_t index : part) {
      result[index].copy_(states_TD.narrow(0, start, lengths[index]).mean(0));
      start += lengths[index];
    }
  }
  return result;
}

}  // namespace nudge
