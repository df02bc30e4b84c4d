#include "algorithms/dpo.h"
#include "base/options.h"

namespace nudge {

void declare(Options& options, PairTraining& training) {
  options.section("Training");
  declare_batch(options, training.batch, "Pairs in each batch; prompts with --group_by_prompt.");
  options.add(
      "group_by_prompt", training.group_by_prompt,
      "Keep all pairs of a prompt in one batch, where an answer that stands in several is computed once.");
  declare_micro_batches(options, training.batch.micro_batch_tokens);
  declare_passes(options, training.batch);
  declare_evaluation(options, training.batch, "pairs");
  declare(options, training.optimizer);
  declare(options, training.schedule);
}

}  // namespace nudge
