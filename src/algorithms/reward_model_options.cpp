#include "algorithms/reward_model.h"
#include "base/options.h"

namespace nudge {

void declare(Options& options, RewardModelOptions& reward) {
  options.section("Training");
  options
      .add("per_device_train_batch_size", reward.batch.per_device_train_batch_size,
           "Prompts in each optimizer step, with all pairs of each.")
      .within(at_least(1));
  declare_micro_batches(options, reward.batch.micro_batch_tokens);
  declare_passes(options, reward.batch, "Passes over the prompts; more than one overfits soon.");
  options
      .add("max_length", reward.max_length,
           "Answers that are longer, with their prompt, are left out; 0: as many as the model takes, at most "
           "1024.")
      .within(or_else(at_least(2), 0));
  options.add("eval_share", reward.eval_share, "Share of prompts held out.").within(from_below(0, 1));
  options.add(
      "bootstrap_heads", reward.bootstrap_heads,
      "Let each of several heads see its own draw of the prompts (online bootstrap), so that they differ.");
  options
      .add("learning_curve", reward.learning_curve,
           "Train again on these shares of the prompts, as in 0.125 0.25 0.5, to see what more labels bring.")
      .within(above_up_to(0, 1));
  declare(options, reward.normalization);
  declare(options, reward.optimizer);
  declare(options, reward.schedule);
}

}  // namespace nudge
