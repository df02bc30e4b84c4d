#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "data/chat_format.h"
#include "model/decoder.h"
#include "records/records.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// A reward model from compared pairs (Bradley and Terry 1952; Ouyang et al. 2022): the SFT model's trunk, a
/// scalar head at the last token, -logsigmoid of the score difference. All pairs of one prompt are in one
/// batch and weigh as one.
struct RewardModelConfig {
  std::int64_t per_device_train_batch_size = 32;  // prompts
  std::int64_t micro_batch_tokens = 4096;
  double num_train_epochs = 1;
  std::int64_t max_length = 1024;
  double center_rewards_coefficient = 0;
  bool use_margin = false;
  double eval_share = 0.1;
  std::int64_t normalization_samples = 512;
  double normalization_temperature = 0.7;
  std::int64_t normalization_max_new_tokens = 64;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
};
void declare(Options& options, RewardModelConfig& config);

/// Pairs as token ids, grouped by prompt.
struct TokenizedPair {
  std::vector<TokenId> chosen, rejected;                // prompt and completion
  std::int64_t chosen_length = 0, rejected_length = 0;  // of the completions alone
  double margin = 0;
};
struct PromptPairs {
  std::vector<TokenId> prompt;
  std::vector<TokenizedPair> pairs;
};

struct RewardModelData {
  std::vector<PromptPairs> train, eval;  // no prompt is in both
  std::int64_t too_long = 0;             // pairs left out because a side exceeds max_length
  std::int64_t ties = 0;                 // pairs left out because the rater saw no difference
};
/// A completion ends with the stop token unless the pair's extra says `chosen_ended` or `rejected_ended`
/// false. Splits by prompt; the split is a function of the seed and the prompt's content.
RewardModelData reward_model_data(const std::vector<PreferencePair>& pairs, const ChatFormat& format,
                                  const RewardModelConfig& config, std::uint64_t seed);

/// Trains `model` (a scalar one, usually Decoder::clone_with_scalar_head of `sft`), fixes its normalisation
/// so that answers sampled from `sft` have mean 0 and standard deviation 1, writes final/ and
/// evaluation.json: accuracy with its interval, what length alone would get, calibration, correlation of
/// score and length. Metrics under TRL's names: loss, accuracy, margin, min_reward, mean_reward, max_reward.
/// Resumable as every run.
void train_reward_model(Decoder& model, const Decoder& sft, const ChatFormat& format,
                        const RewardModelData& data, const RewardModelConfig& config,
                        const RunOptions& options, Run& run);

/// How good a reward model is on pairs it has not seen.
Json reward_model_evaluation(const Decoder& model, const std::vector<PromptPairs>& prompts,
                             std::int64_t micro_batch_tokens);

}  // namespace nudge
