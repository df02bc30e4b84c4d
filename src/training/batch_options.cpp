#include "training/batch_options.h"

#include "base/options.h"

namespace nudge {

void declare_batch(Options& options, BatchOptions& batch, const std::string& holds) {
  options.add("per_device_train_batch_size", batch.per_device_train_batch_size, holds).within(at_least(1));
  options
      .add("gradient_accumulation_steps", batch.gradient_accumulation_steps,
           "Batches whose gradients are summed before one optimizer step.")
      .within(at_least(1));
}

void declare_micro_batches(Options& options, std::int64_t& micro_batch_tokens) {
  options
      .add("micro_batch_tokens", micro_batch_tokens,
           "Tokens in one forward and backward pass; changes memory and speed, not the result.")
      .within(at_least(1));
}

void declare_passes(Options& options, BatchOptions& batch, const std::string& passes) {
  options.add("num_train_epochs", batch.num_train_epochs, passes).within(above(0));
  options.add("max_steps", batch.max_steps, "Optimizer steps; absent or -1: as num_train_epochs says.")
      .within(or_else(at_least(1), -1))
      .also("steps");
}

void declare_evaluation(Options& options, BatchOptions& batch, const std::string& records) {
  options
      .add("eval_steps", batch.eval_steps,
           "Measure the held-out " + records + " every so many steps; 0: at the end.")
      .within(at_least(0));
}

}  // namespace nudge
