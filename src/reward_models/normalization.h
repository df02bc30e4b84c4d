#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/options.h"
#include "data/chat_format.h"
#include "data/reward_examples.h"
#include "model/decoder.h"
#include "records/records.h"

namespace nudge {

/// What a reward model's scores are normalised on: answers of the SFT model, whose scores become mean 0 and
/// standard deviation 1.
struct NormalizationOptions {
  std::int64_t normalization_samples = 512;  // answers; 0: the scores are left as they come
  double normalization_temperature = 0.7;
  std::int64_t normalization_max_new_tokens = 64;
};
void declare(Options& options, NormalizationOptions& normalization);

/// The prompts to be answered: the first of the training set that leave room for an answer; none when no
/// samples are asked for. Error when fewer than two do.
std::vector<Prompt> normalization_prompts(const Decoder& sft, std::span<const RewardExample> examples,
                                          const NormalizationOptions& normalization);

/// Gives each head of the model the mean and the standard deviation of its scores of these answers. Error
/// when all of them are the same.
void normalize(Decoder& model, const ChatFormat& format, std::span<const Trajectory> answers,
               std::int64_t token_budget);

}  // namespace nudge
