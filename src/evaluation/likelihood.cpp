#include "evaluation/likelihood.h"

#include <ATen/core/grad_mode.h>

#include <numeric>

#include "objectives/cross_entropy.h"
#include "rollout/example_batch.h"

namespace nudge {

double mean_nll(const Decoder& model, const std::vector<Example>& examples, std::int64_t micro_batch_tokens) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> all(examples.size());
  std::iota(all.begin(), all.end(), 0);
  double sum = 0, count = 0;
  for (const auto& part : example_batches(examples, all, micro_batch_tokens)) {
    const auto [batch, predicting_N, targets_N] = pack_examples(examples, part);
    const LossSum loss = cross_entropy(
        next_token_logprobs(model, batch, predicting_N, targets_N, 1.0, /*entropies=*/false).logprobs_N);
    sum += loss.sum.item<double>();
    count += loss.count;
  }
  return sum / count;
}

}  // namespace nudge
