#pragma once

#include <span>
#include <vector>

#include "data/chat_format.h"
#include "generation/engine.h"
#include "records/records.h"
#include "rewards/reward.h"
#include "rollout/rollout_options.h"

namespace nudge {

/// Prompts to scored trajectories: encode, sample, decode, score. Trajectories come in prompt order, the
/// generations of one prompt together. Without stop tokens in `sampling` the format's are used. `reward`
/// may be null: scores stay 0. Prompts must fit: see Engine::generate.
std::vector<Trajectory> collect(std::span<const Prompt> prompts, const ChatFormat& format, Engine& engine,
                                const SamplingOptions& sampling, Reward* reward, std::int64_t policy_version,
                                const std::function<void(std::int64_t)>& on_done = {});

/// How a rollout samples: from the full softmax, since the learner scores no other. `number` tells it from
/// the others of the run, whose `seed` they share.
SamplingOptions sampling_of(const RolloutOptions& rollout, std::uint64_t seed, std::int64_t number);

/// The prompts at these indices, in order.
std::vector<Prompt> prompts_at(std::span<const Prompt> prompts, std::span<const std::int64_t> indices);

}  // namespace nudge
