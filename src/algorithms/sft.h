#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/chat_format.h"
#include "data/examples.h"
#include "model/decoder.h"
#include "training/ending.h"
#include "training/optimizer.h"
#include "training/run.h"

namespace nudge {

/// Maximum likelihood on examples: supervised fine-tuning, and pretraining when the examples are pieces of a
/// corpus and the weights are fresh. Batches are packed without padding; the loss is the sum over target
/// tokens of the whole optimizer step, divided once by their number.
struct SftConfig {
  std::int64_t per_device_train_batch_size = 8;
  std::int64_t gradient_accumulation_steps = 1;
  std::int64_t micro_batch_tokens = 4096;
  double num_train_epochs = 3;
  std::optional<std::int64_t> max_steps;
  std::int64_t eval_steps = 100;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
};
void declare(Options& options, SftConfig& config);

struct SftData {
  std::vector<Example> train;
  std::vector<Example> eval;  // may be empty
};

/// Trains `model` in place, logging into `run`, and writes final/. Metrics under TRL's names: loss, entropy,
/// num_tokens, learning_rate, grad_norm, epoch, eval_loss. Resumes from the run's newest checkpoint. Throws
/// Interrupted after saving, UsageError when an option is out of range.
Ending train_sft(Decoder& model, const ChatFormat& format, const SftData& data, const SftConfig& config,
                 const RunOptions& options, Run& run);

/// Mean negative log-likelihood per target token, without gradients.
double evaluate_loss(const Decoder& model, const std::vector<Example>& examples,
                     std::int64_t micro_batch_tokens);

}  // namespace nudge
