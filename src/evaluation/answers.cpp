#include "evaluation/answers.h"

#include "generation/engine.h"
#include "rollout/collector.h"
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
  const auto reference_logprobs = completion_logprobs(reference, answers, temperature, /*token_budget=*/4096);
  std::vector<double> kl;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    double sum = 0;
    for (std::size_t t = 0; t < reference_logprobs[i].size(); ++t) {
      sum += double{answers[i].logprobs[t]} - reference_logprobs[i][t];
    }
    kl.push_back(sum);
  }
  return kl;
}

}  // namespace nudge
