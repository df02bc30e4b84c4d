#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "evaluation/statistics.h"
#include "model/decoder.h"
#include "rewards/reward.h"

namespace nudge {

/// Best-of-n: sample N answers to each prompt, keep the one the reward model likes best. The simplest
/// optimiser there is, and the cheapest look at how far a reward model can be trusted (Gao et al. 2022).
struct BestOfNConfig {
  std::vector<std::int64_t> n = {1, 4, 16, 64};  // the largest is how many are sampled
  double temperature = 0.7;
  std::int64_t max_new_tokens = 64;
  std::uint64_t seed = 42;
};

/// What picking the best of n does to the reward that picks and to another that only watches.
struct BestOfNPoint {
  std::int64_t n = 1;
  double kl = 0;  // ln n - (n - 1) / n
  Interval proxy;
  Interval gold;         // of the answer that the proxy picked
  Interval gold_picked;  // had gold itself picked
};

struct BestOfNResult {
  std::vector<BestOfNPoint> curve;  // a point for each n for which enough answers could be scored, unbiased
  std::vector<Trajectory> best;     // the best of N by the reward, one a prompt that could be scored ...
  std::vector<Trajectory> worst;    // ... and the worst
};

/// The best as demonstrations, for `sft` (rejection sampling, RAFT, Dong et al. 2023): completions that ended
/// themselves. Best against worst as preference pairs, for `dpo` and `reward`: where the reward told them
/// apart.
std::vector<Json> demonstrations(const BestOfNResult& result);
std::vector<PreferencePair> best_worst_pairs(const BestOfNResult& result, const std::string& rater);

/// `gold` may be the reward itself when nothing better is known.
BestOfNResult best_of_n(const Decoder& model, const ChatFormat& format, std::span<const Prompt> prompts,
                        Reward& reward, Reward& gold, const BestOfNConfig& config);

}  // namespace nudge
