#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "data/preference_tokens.h"
#include "evaluation/answers.h"
#include "model/decoder.h"
#include "objectives/unpaired/bco_objective.h"
#include "objectives/unpaired/kto_objective.h"
#include "rewards/reward.h"
#include "rollout/example_weights.h"
#include "tensor/ragged.h"
#include "training/batch_options.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// How KTO and BCO train, whichever of them they minimise.
struct LabelledTraining {
  BatchOptions batch;           // of completions
  std::int64_t max_length = 0;  // of prompt and completion, in tokens; 0: as many as the model takes
  AnswerOptions watch{.max_new_tokens = 64};  // how the watched prompts are answered
  OptimizerOptions optimizer{.learning_rate = 1e-6};
  ScheduleOptions schedule;
};
void declare(Options& options, LabelledTraining& training);

/// KTO (Ethayarajh et al. 2024), and APO-zero on single completions.
struct KtoOptions {
  KtoLossOptions loss;
  LabelWeightOptions weights;
  LabelledTraining training;
};

/// BCO (Jung et al. 2024).
struct BcoOptions {
  BcoLossOptions loss;
  DensityRatioOptions weights;
  LabelledTraining training{.optimizer = {.learning_rate = 5e-7}};
};

/// The models and what they learn from. `policy` is trained in place; `reference` may be asked for log-probs
/// of completions that are not in `data`.
struct KtoParts {
  std::string name;  // of the method, before the progress
  Decoder& policy;
  const Decoder& reference;
  const Ragged& reference_logprobs;  // of data.completions
  const ChatFormat& format;
  const LabelledTokens& data;
  const std::vector<float>& weights;  // of data.examples, in the loss (rollout/example_weights.h)
  std::int64_t held_out = 0;          // the last so many examples of `data` are measured and not learned from
  std::vector<Prompt> watched;        // answered now and then, to see how the answers change; may be none
  std::vector<Reward*> monitors;      // score these answers, never learned from
  std::string before = {};            // what is done once before the first step, for --plan
};

/// Learns from single completions that somebody liked or did not: KTO, and with another objective BCO. Logs
/// into `run` and writes final/. Metrics under TRL's names: loss, rewards/chosen, rewards/rejected (means
/// over the desirable and the other completions), rewards/margins, logps/chosen, logps/rejected, entropy, the
/// anchor (kl or delta), num_tokens, epoch; eval_loss, eval_rewards/chosen and so on of the held-out
/// examples. Resumes from the run's newest checkpoint. UsageError when an option is out of range; throws
/// Interrupted after saving.
Ending train_kto(const KtoParts& parts, const LabelledObjective& objective, const LabelledTraining& training,
                 const RunOptions& options, Run& run);

}  // namespace nudge
