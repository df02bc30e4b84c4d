#include "cli/training_run.h"

#include <cstdio>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "base/temporary_folder.h"
#include "cli/out_of_memory.h"
#include "training/plan.h"
#include "training/run_config.h"

namespace nudge {
namespace {

int plan_in_scratch(const Options& options, const std::function<Ending(Run&)>& train) {
  const TemporaryFolder scratch;
  try {
    Run run(scratch.path(), config_of(options));
    train(run);
  } catch (const Planned& planned) {
    std::puts(planned.what());
  }
  return 0;
}

}  // namespace

int train_in_run(const RunOptions& run_options, const Options& options,
                 const std::function<Ending(Run&)>& train, const std::vector<std::string>& next) {
  watch_interrupts();
  if (run_options.plan) return plan_in_scratch(options, train);
  Run run(run_options.output_dir, config_of(options), run_options.start);
  if (run.finished()) {
    say("Nothing left to do: " + run_options.output_dir + "/final is complete.");
    return 0;
  }
  try {
    say(ending_text(train(run), run_options.output_dir, next));
  } catch (const std::exception& error) {
    run.take_back();
    if (!out_of_memory(error)) throw;
    fail(
        "out of memory in the middle of the training; take fewer tokens at once (--micro_batch_tokens), "
        "shorter "
        "sequences or a smaller model.");
  }
  return 0;
}

}  // namespace nudge
