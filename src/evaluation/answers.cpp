#include "evaluation/answers.h"

#include <algorithm>
#include <functional>

#include "generation/engine.h"
#include "rollout/collector.h"
#include "rollout/completion_numbers.h"
#include "rollout/scoring.h"

namespace nudge {

std::vector<Trajectory> answer(const Decoder& model, const ChatFormat& format,
                               std::span<const Prompt> prompts, const AnswerOptions& options) {
  SamplingOptions sampling;
  sampling.temperature = options.temperature;
  sampling.max_new_tokens = options.max_new_tokens;
  sampling.seed = options.seed;
  sampling.stop_tokens = format.end_tokens();
  Engine engine(model);
  return collect(prompts, format, engine, sampling, /*reward=*/nullptr, /*policy_version=*/0);
}

std::vector<double> scores_of(std::span<const Trajectory> answers, Reward& reward) {
  std::vector<Trajectory> copies(answers.begin(), answers.end());
  reward.score(copies);
  std::vector<double> scores;
  for (const Trajectory& copy : copies) scores.push_back(copy.score);
  return scores;
}

std::vector<double> sequence_kl(std::span<const Trajectory> answers, const Decoder& reference,
                                double temperature) {
  const Ragged under_reference = completion_logprobs(reference, answers, temperature, /*token_budget=*/4096);
  std::vector<double> kl = sampled_logprobs(answers).sums();
  std::ranges::transform(kl, under_reference.sums(), kl.begin(), std::minus());
  return kl;
}

}  // namespace nudge
