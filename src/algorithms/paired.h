#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "data/chat_format.h"
#include "data/preference_tokens.h"
#include "evaluation/answers.h"
#include "model/decoder.h"
#include "objectives/pairs/pair_objective.h"
#include "rewards/reward.h"
#include "rollout/reference.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// Learning from compared completions without a reward model: DPO (Rafailov et al. 2023) and every loss on
/// pairs; CPO, SimPO, ORPO and TPO, which need no reference. What is minimised is a PairObjective.
struct PairedConfig {
  std::int64_t per_device_train_batch_size = 8;  // pairs; prompts when group_by_prompt
  std::int64_t gradient_accumulation_steps = 1;
  bool group_by_prompt = false;
  std::int64_t micro_batch_tokens = 4096;
  double num_train_epochs = 3;
  std::optional<std::int64_t> max_steps;
  std::int64_t eval_steps = 100;              // 0: at the end only
  AnswerOptions watch{.max_new_tokens = 64};  // how the watched prompts are answered
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
};
void declare(Options& options, PairedConfig& config);

/// The models and what they learn from. `policy` is trained in place.
struct PairedParts {
  std::string name;  // of the command, before the progress
  Decoder& policy;
  Reference& reference;
  const ChatFormat& format;
  const PreferenceTokens& data;
  std::int64_t held_out = 0;      // the last so many pairs of `data` are measured and not learned from
  std::vector<Prompt> watched;    // answered now and then, to see how the answers change; may be none
  std::vector<Reward*> monitors;  // score these answers, never learned from
};

/// Trains, logging into `run`, and writes final/. Metrics under TRL's names: loss, rewards/chosen,
/// rewards/rejected, rewards/accuracies, rewards/margins (beta x log-ratio), logps/chosen, logps/rejected,
/// logits/chosen, logits/rejected, nll_loss, entropy, num_tokens, epoch; eval_loss, eval_rewards/chosen and
/// so on of the held-out pairs. Resumes from the run's newest
/// checkpoint. Throws Interrupted after saving.
Ending train_paired(const PairedParts& parts, const PairObjective& objective, const PairedConfig& config,
                    const RunOptions& options, Run& run);

}  // namespace nudge
