#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace nudge {

class Options;

/// How much of a data set one optimizer step learns from, and how long it goes on: the same for every
/// training on fixed records. Names as in TRL.
struct BatchOptions {
  std::int64_t per_device_train_batch_size = 8;
  std::int64_t gradient_accumulation_steps = 1;
  std::int64_t micro_batch_tokens = 4096;  // changes memory and speed, not the result
  double num_train_epochs = 3;
  std::optional<std::int64_t> max_steps;  // absent or -1: as num_train_epochs says
  std::int64_t eval_steps = 100;          // 0: at the end only

  /// Records of one optimizer step.
  std::int64_t per_step() const { return per_device_train_batch_size * gradient_accumulation_steps; }
};

// Each declares a part of them in the section that is open; a training calls those that it has, and puts its
// own options between. `holds` and `passes` are sentences, `records` what is held out ("pairs").

/// Size and accumulation.
void declare_batch(Options& options, BatchOptions& batch, const std::string& holds);
void declare_micro_batches(Options& options, std::int64_t& micro_batch_tokens);
/// Epochs and steps.
void declare_passes(Options& options, BatchOptions& batch,
                    const std::string& passes = "Passes over the data; fractions are allowed.");
void declare_evaluation(Options& options, BatchOptions& batch, const std::string& records);

}  // namespace nudge
