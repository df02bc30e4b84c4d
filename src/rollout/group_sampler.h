#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "data/sampler.h"
#include "generation/engine.h"
#include "model/decoder.h"
#include "records/records.h"
#include "rewards/reward.h"
#include "rollout/rollout_options.h"

namespace nudge {

struct GroupSamplerOptions {
  RolloutOptions rollout;                                  // a group: the completions of one prompt
  bool greedy = false;                                     // also the greedy completion of each prompt
  std::int64_t tries = 1;                                  // batches of prompts that one rollout may sample
  std::function<bool(std::span<const Trajectory>)> keeps;  // dynamic sampling: which groups; none: all
  std::uint64_t seed = 0;
};

struct GroupRollout {
  std::vector<Trajectory> trajectories;  // whole groups, side by side
  std::vector<Trajectory> greedy;        // one a group, or none
  std::int64_t sampled = 0;              // completions, those that were put aside included
  std::int64_t scored = 0;               // of these, those with a score
};

/// Groups of scored completions, rollout after rollout. With `keeps` further prompts take the place of groups
/// that teach nothing, until there are enough or the budget of tries is spent (DAPO, Yu et al. 2025,
/// section 3.2); a rollout may then hold fewer groups, even none. What is sampled depends on the weights, the
/// seed and the batch of prompts only. Keeps references to all it is given.
class GroupSampler {
 public:
  GroupSampler(const Decoder& policy, const ChatFormat& format, Reward& reward,
               std::span<const Prompt> prompts, const GroupSamplerOptions& options);

  /// The policy as it is now.
  GroupRollout rollout(std::int64_t policy_version);

  /// A rollout and its updates in words: "8 prompts x 8 completions of at most 256 tokens, and 4 updates (1
  /// passes x 4)".
  std::string rollout_in_words(std::int64_t passes, std::int64_t updates_of_a_pass) const;

  /// The batch of prompts that comes next: all there is to save and restore.
  std::int64_t next_batch = 0;

 private:
  std::int64_t sample(std::int64_t policy_version, std::int64_t wanted, GroupRollout& rollout);

  const ChatFormat& format_;
  Reward& reward_;
  std::span<const Prompt> prompts_;
  GroupSamplerOptions options_;
  EpochSampler order_;
  Engine engine_;
};

}  // namespace nudge
