#include "algorithms/kto.h"
#include "base/options.h"

namespace nudge {

void declare(Options& options, LabelledTraining& training) {
  options.section("Training");
  declare_batch(options, training.batch, "Completions in each batch.");
  declare_micro_batches(options, training.batch.micro_batch_tokens);
  options
      .add("max_length", training.max_length,
           "Examples that are longer (prompt and completion, in tokens) are left out; 0: as many as the "
           "model takes, at most 1024.")
      .within(or_else(at_least(2), 0));
  declare_passes(options, training.batch);
  declare_evaluation(options, training.batch, "examples");
  declare(options, training.optimizer);
  declare(options, training.schedule);
}

}  // namespace nudge
