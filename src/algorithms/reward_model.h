#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"
#include "data/chat_format.h"
#include "data/reward_examples.h"
#include "model/decoder.h"
#include "objectives/rewards/reward_losses.h"
#include "records/records.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// A reward model from what raters said (Ouyang et al. 2022): the SFT model's trunk, a scalar head at an
/// answer's last token (or at every place that carries a label), a likelihood of comparisons or labels. All
/// comparisons of one prompt are in one batch, weigh as one, and cost one pass over each answer.
struct RewardModelConfig {
  std::int64_t per_device_train_batch_size = 32;  // prompts
  std::int64_t micro_batch_tokens = 4096;
  double num_train_epochs = 1;
  std::optional<std::int64_t> max_steps;  // given: instead of the epochs
  std::int64_t max_length = 1024;
  double eval_share = 0.1;
  bool bootstrap_heads = true;
  std::vector<double> learning_curve;
  std::int64_t normalization_samples = 512;
  double normalization_temperature = 0.7;
  std::int64_t normalization_max_new_tokens = 64;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
};
void declare(Options& options, RewardModelConfig& config);

/// What is minimised: the loss of comparisons for examples that hold some, that of labels for the others.
/// Parameters of its own (thresholds of ties, cut points of grades) start at `free` and go down their
/// gradient at a fixed rate beside the model's.
struct RewardObjective {
  ComparisonLoss comparisons;
  LabelLoss labels;
  std::vector<double> free;
};

struct RewardModelData {
  std::vector<RewardExample> train, eval;  // no prompt is in both
  std::vector<Ranking> rankings;           // that the examples came from; empty for labels
  std::int64_t too_long = 0, ties = 0;     // answers left out, pairs without a difference
};
/// The split is a function of the seed and the prompt's tokens, so it survives reordering and new data.
RewardModelData split_by_prompt(std::vector<RewardExample> examples, double eval_share, std::uint64_t seed);

/// Trains `model` (a scalar one, usually Decoder::clone_with_scalar_head of `sft`), fixes the normalisation
/// of its heads so that answers sampled from `sft` have mean 0 and standard deviation 1, writes final/ and
/// evaluation.json (evaluation/reward_evaluation.h; with the learning curve, where asked for) and
/// report.html. Several heads see different draws of the prompts (each Poisson(1) times, the online
/// bootstrap) unless comparisons name the head they are for. Metrics under TRL's names: loss, accuracy,
/// margin, min_reward, mean_reward, max_reward. Resumable as every run.
Ending train_reward_model(Decoder& model, const Decoder& sft, const ChatFormat& format,
                          const RewardModelData& data, const RewardObjective& objective,
                          const RewardModelConfig& config, const RunOptions& options, Run& run);

/// How good a reward model is on examples it has not seen; the mean of its heads where a comparison is for
/// all. For labels: how many, correlation of score and label, and the share on the right side of 0.
Json reward_model_evaluation(const Decoder& model, const std::vector<RewardExample>& examples,
                             const std::vector<Ranking>& rankings, std::int64_t micro_batch_tokens);

}  // namespace nudge
