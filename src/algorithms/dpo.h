#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/chat_format.h"
#include "data/preference_tokens.h"
#include "evaluation/answers.h"
#include "model/decoder.h"
#include "objectives/pairs/cpo_objective.h"
#include "objectives/pairs/dpo_objective.h"
#include "objectives/pairs/orpo_objective.h"
#include "objectives/pairs/tpo_objective.h"
#include "rewards/reward.h"
#include "rollout/reference.h"
#include "training/batch_options.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// How DPO and its kin train, whatever of it they minimise.
struct PairTraining {
  BatchOptions batch;                         // of pairs; of prompts when group_by_prompt
  bool group_by_prompt = false;               // all pairs of a prompt in one batch
  AnswerOptions watch{.max_new_tokens = 64};  // how the watched prompts are answered
  OptimizerOptions optimizer{.learning_rate = 1e-6};
  ScheduleOptions schedule;
};
void declare(Options& options, PairTraining& training);

/// DPO (Rafailov et al. 2023) and every loss on pairs that has a reference.
struct DpoOptions {
  DpoLossOptions loss;
  PairTraining training;
};

/// CPO, SimPO and AlphaPO, which need no reference.
struct CpoOptions {
  CpoLossOptions loss;
  PairTraining training;
};

/// ORPO: fine-tuning and preferences in one run, from a base model, without a reference.
struct OrpoOptions {
  OrpoLossOptions loss;
  PairTraining training;
};

/// TPO, which also learns from the best answer known, without a reference.
struct TpoOptions {
  TpoLossOptions loss;
  PairTraining training{.optimizer = {.learning_rate = 5e-7}};
};

/// The models and what they learn from. `policy` is trained in place.
struct DpoParts {
  std::string name;  // of the method, before the progress
  Decoder& policy;
  Reference& reference;
  const ChatFormat& format;
  const PreferenceTokens& data;
  std::int64_t held_out = 0;      // the last so many pairs of `data` are measured and not learned from
  std::vector<Prompt> watched;    // answered now and then, to see how the answers change; may be none
  std::vector<Reward*> monitors;  // score these answers, never learned from
};

/// Learns from compared completions without a reward model: DPO, and with another objective CPO, SimPO,
/// AlphaPO, ORPO and TPO, as in
///
///   const TpoOptions tpo;
///   train_dpo(parts, objective_of(tpo.loss), tpo.training, options, run);
///
/// Logs into `run` and writes final/. Metrics under TRL's names: loss, rewards/chosen, rewards/rejected,
/// rewards/accuracies, rewards/margins (beta x log-ratio), logps/chosen, logps/rejected, logits/chosen,
/// logits/rejected, nll_loss, entropy, num_tokens, epoch; eval_loss, eval_rewards/chosen and so on of the
/// held-out pairs. Resumes from the run's newest checkpoint. UsageError when an option is out of range;
/// throws Interrupted after saving.
Ending train_dpo(const DpoParts& parts, const PairObjective& objective, const PairTraining& training,
                 const RunOptions& options, Run& run);

}  // namespace nudge
