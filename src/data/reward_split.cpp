#include "data/reward_split.h"

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"

namespace nudge {

RewardModelData split_by_prompt(std::vector<RewardExample> examples, double eval_share, std::uint64_t seed) {
  RewardModelData data;
  for (RewardExample& example : examples) {
    const std::string key(reinterpret_cast<const char*>(example.prompt.data()),
                          example.prompt.size() * sizeof(TokenId));
    const bool held_out = Stream(seed, "reward-split " + sha256(key)).uniform() < eval_share;
    (held_out ? data.eval : data.train).push_back(std::move(example));
  }
  require(
      !data.train.empty() || !data.eval.empty(),
      "reward: there is no prompt left to learn from: every record was left out (too long for --max_length, "
      "or without a difference).");
  require(!data.train.empty(), "reward: every prompt is held out; lower --eval_share or give more data.");
  return data;
}

}  // namespace nudge
