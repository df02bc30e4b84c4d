#pragma once

#include <cstdint>
#include <vector>

#include "data/chat_format.h"
#include "data/reward_split.h"
#include "model/decoder.h"
#include "objectives/rewards/reward_losses.h"
#include "reward_models/normalization.h"
#include "training/batch_options.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// A reward model from what raters said (Ouyang et al. 2022): the SFT model's trunk, a scalar head at an
/// answer's last token (or at every place that carries a label), a likelihood of comparisons or labels. All
/// comparisons of one prompt are in one batch, weigh as one, and cost one pass over each answer.
struct RewardModelOptions {
  BatchOptions batch{.per_device_train_batch_size = 32, .num_train_epochs = 1};  // of prompts; no eval_steps
  std::int64_t max_length = 0;  // of an answer with its prompt, in tokens; 0: as many as the model takes
  double eval_share = 0.1;
  bool bootstrap_heads = true;
  std::vector<double> learning_curve;
  NormalizationOptions normalization;
  OptimizerOptions optimizer{.learning_rate = 1e-4};
  ScheduleOptions schedule;
};
void declare(Options& options, RewardModelOptions& reward);

/// What is minimised: the loss of comparisons for examples that hold some, that of labels for the others.
/// Parameters of its own (thresholds of ties, cut points of grades) start at `free` and go down their
/// gradient at a fixed rate beside the model's.
struct RewardObjective {
  ComparisonLoss comparisons;
  LabelLoss labels;
  std::vector<double> free;
};

/// Trains `model` (a scalar one, usually Decoder::clone_with_scalar_head of `sft`), fixes the normalisation
/// of its heads so that answers sampled from `sft` have mean 0 and standard deviation 1, writes final/ and
/// evaluation.json (evaluation/reward_evaluation.h; with the learning curve, where asked for) and
/// report.html. Several heads see different draws of the prompts (each Poisson(1) times, the online
/// bootstrap) unless comparisons name the head they are for. Metrics under TRL's names: loss, accuracy,
/// margin, min_reward, mean_reward, max_reward. Resumes from the run's newest checkpoint. UsageError when an
/// option is out of range; throws Interrupted after saving.
Ending train_reward_model(Decoder& model, const Decoder& sft, const ChatFormat& format,
                          const RewardModelData& data, const RewardObjective& objective,
                          const RewardModelOptions& reward, const RunOptions& options, Run& run);

}  // namespace nudge
