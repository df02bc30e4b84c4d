#include "rollout/collector.h"

#include <utility>

#include "base/random.h"

namespace nudge {

std::vector<Trajectory> collect(std::span<const Prompt> prompts, const ChatFormat& format, Engine& engine,
                                const SamplingOptions& sampling, Reward* reward, std::int64_t policy_version,
                                const std::function<void(std::int64_t)>& on_done) {
  std::vector<std::vector<TokenId>> encoded;
  for (const Prompt& prompt : prompts) encoded.push_back(format.encode_prompt(prompt));
  SamplingOptions options = sampling;
  if (options.stop_tokens.empty()) options.stop_tokens = format.end_tokens();
  std::vector<Sampled> samples = engine.generate(encoded, options, on_done);

  std::vector<Trajectory> trajectories;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t p = i / static_cast<std::size_t>(options.num_generations);
    Sampled& sample = samples[i];
    const std::span<const TokenId> text(sample.tokens.data(), sample.tokens.size() - (sample.ended ? 1 : 0));
    trajectories.push_back({.prompt = prompts[p],
                            .prompt_tokens = encoded[p],
                            .completion_tokens = sample.tokens,
                            .logprobs = std::move(sample.logprobs),
                            .completion = format.decode_answer(prompts[p], encoded[p], text, sample.ended),
                            .ended = sample.ended,
                            .policy_version = policy_version});
  }
  if (reward != nullptr) reward->score(trajectories);
  return trajectories;
}

SamplingOptions sampling_of(const RolloutOptions& rollout, std::uint64_t seed, std::int64_t number) {
  SamplingOptions sampling;
  sampling.num_generations = rollout.num_generations;
  sampling.max_new_tokens = rollout.max_new_tokens;
  sampling.temperature = rollout.temperature;
  sampling.seed = Stream(seed, "rollout", static_cast<std::uint64_t>(number))();
  return sampling;
}

std::vector<Prompt> prompts_at(std::span<const Prompt> prompts, std::span<const std::int64_t> indices) {
  std::vector<Prompt> result;
  for (std::int64_t index : indices) result.push_back(prompts[static_cast<std::size_t>(index)]);
  return result;
}

}  // namespace nudge
