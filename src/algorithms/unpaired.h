#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "data/chat_format.h"
#include "data/preference_tokens.h"
#include "evaluation/answers.h"
#include "model/decoder.h"
#include "rewards/reward.h"
#include "tensor/ragged.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// What a step's losses are measured from, one number for all of its completions.
enum class Anchor {
  zero,
  mismatched_kl,  // KTO's reference point: KL estimated on completions that answer another prompt of the step
  running_mean    // BCO's reward shift: the mean of all rewards seen so far, this step's included
};

/// What an algorithm on single labelled completions minimises.
struct UnpairedObjective {
  /// (log(pi / pi_ref) [B], desirable [B], anchor) -> [B]; objectives/unpaired/.
  std::function<at::Tensor(const at::Tensor&, const at::Tensor&, double)> loss;
  Anchor anchor = Anchor::zero;
  std::string anchor_metric;  // its name: "kl", "delta"; "" : not reported
  double beta = 0.1;          // of the implicit rewards in the metrics
};

/// Learning from single completions that somebody liked or did not: KTO (Ethayarajh et al. 2024), BCO (Jung
/// et al. 2024), APO-zero.
struct UnpairedConfig {
  std::int64_t per_device_train_batch_size = 8;
  std::int64_t gradient_accumulation_steps = 1;
  std::int64_t micro_batch_tokens = 4096;
  std::int64_t max_length = 1024;
  double num_train_epochs = 3;
  std::optional<std::int64_t> max_steps;
  std::int64_t eval_steps = 100;              // 0: at the end only
  AnswerOptions watch{.max_new_tokens = 64};  // how the watched prompts are answered
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
};
void declare(Options& options, UnpairedConfig& config);

/// The models and what they learn from. `policy` is trained in place; `reference` may be asked for log-probs
/// of completions that are not in `data`.
struct UnpairedParts {
  std::string name;  // of the command, before the progress
  Decoder& policy;
  const Decoder& reference;
  const Ragged& reference_logprobs;  // of data.completions
  const ChatFormat& format;
  const LabelledTokens& data;
  const std::vector<float>& weights;  // of data.examples, in the loss
  std::int64_t held_out = 0;          // the last so many examples of `data` are measured and not learned from
  std::vector<Prompt> watched;        // answered now and then, to see how the answers change; may be none
  std::vector<Reward*> monitors;      // score these answers, never learned from
  std::string before = {};            // what is done once before the first step, for --plan
};

/// Trains, logging into `run`, and writes final/. Metrics under TRL's names: loss, rewards/chosen,
/// rewards/rejected (means over the desirable and the other completions), rewards/margins, logps/chosen,
/// logps/rejected, entropy, the anchor (kl or delta), num_tokens, epoch; eval_loss, eval_rewards/chosen and
/// so on of the held-out examples. Resumable. Throws Interrupted after saving.
Ending train_unpaired(const UnpairedParts& parts, const UnpairedObjective& objective,
                      const UnpairedConfig& config, const RunOptions& options, Run& run);

}  // namespace nudge
