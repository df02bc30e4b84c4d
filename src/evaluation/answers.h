#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/chat_format.h"
#include "model/decoder.h"
#include "records/records.h"
#include "rewards/reward.h"

namespace nudge {

/// How a policy is asked when it is evaluated.
struct AnswerOptions {
  double temperature = 0.7;
  std::int64_t max_new_tokens = 64;
  std::uint64_t seed = 0;
};

/// One answer to each prompt, in order. The same seed gives every model the same random numbers, so that two
/// models are compared on the same luck.
std::vector<Trajectory> answer(const Decoder& model, const ChatFormat& format,
                               std::span<const Prompt> prompts, const AnswerOptions& options);

/// Scores of answers under a reward, in order; the trajectories stay as they are.
std::vector<double> scores_of(std::span<const Trajectory> answers, Reward& reward);

/// Sampled KL(policy || reference) of each whole answer: sum over its tokens of log-prob differences at the
/// sampling temperature (k1: single values may be negative, the mean is unbiased).
std::vector<double> sequence_kl(std::span<const Trajectory> answers, const Decoder& reference,
                                double temperature);

}  // namespace nudge
