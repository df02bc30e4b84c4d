#include "rollout/group_sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "rollout/collector.h"

namespace nudge {
namespace {

constexpr std::int64_t kSlots = 64;

}  // namespace

std::string GroupSampler::rollout_in_words(std::int64_t passes, std::int64_t updates_of_a_pass) const {
  return fmt::format("{} prompts x {} completions of at most {} tokens, and {} updates ({} passes x {})",
                     options_.rollout.prompts, options_.rollout.num_generations,
                     options_.rollout.max_new_tokens, passes * updates_of_a_pass, passes, updates_of_a_pass);
}

GroupSampler::GroupSampler(const Decoder& policy, const ChatFormat& format, Reward& reward,
                           std::span<const Prompt> prompts, const GroupSamplerOptions& options)
    : format_(format),
      reward_(reward),
      prompts_(prompts),
      options_(options),
      order_(static_cast<std::int64_t>(prompts.size()), options.rollout.prompts, options.seed),
      engine_(policy, std::min(kSlots, options.rollout.completions())) {}

GroupRollout GroupSampler::rollout(std::int64_t policy_version) {
  engine_.refresh();
  GroupRollout result;
  std::int64_t groups = 0;
  for (std::int64_t i = 0; i < options_.tries && groups < options_.rollout.prompts; ++i) {
    groups += sample(policy_version, options_.rollout.prompts - groups, result);
  }
  return result;
}

// One batch of prompts; adds at most `wanted` groups and returns how many.
std::int64_t GroupSampler::sample(std::int64_t policy_version, std::int64_t wanted, GroupRollout& rollout) {
  const std::vector<Prompt> prompts = prompts_at(prompts_, order_.batch_at(next_batch));
  SamplingOptions sampling = sampling_of(options_.rollout, options_.seed, next_batch);
  ++next_batch;
  const auto all = collect(prompts, format_, engine_, sampling, &reward_, policy_version);
  rollout.sampled += static_cast<std::int64_t>(all.size());
  rollout.scored +=
      std::ranges::count_if(all, [](const Trajectory& one) { return std::isfinite(one.score); });
  std::vector<Trajectory> greedy;
  if (options_.greedy) {
    sampling.temperature = 0;
    sampling.num_generations = 1;
    greedy = collect(prompts, format_, engine_, sampling, &reward_, policy_version);
  }

  std::int64_t taken = 0;
  const auto size = static_cast<std::size_t>(options_.rollout.num_generations);
  for (std::size_t g = 0; g < prompts.size() && taken < wanted; ++g) {
    const auto group = std::span(all).subspan(g * size, size);
    if (options_.keeps && !options_.keeps(group)) continue;
    rollout.trajectories.insert(rollout.trajectories.end(), group.begin(), group.end());
    if (options_.greedy) rollout.greedy.push_back(greedy[g]);
    ++taken;
  }
  return taken;
}

}  // namespace nudge
