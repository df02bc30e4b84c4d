#include "cli/training_run.h"

#include <cstdio>

#include "base/interrupt.h"
#include "base/progress.h"
#include "base/temporary_folder.h"
#include "training/plan.h"

namespace nudge {
namespace {

int plan_in_scratch(const Options& options, const std::function<Ending(Run&)>& train) {
  const TemporaryFolder scratch;
  try {
    Run run(scratch.path(), options);
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
  Run run(run_options.output_dir, options, run_options.start);
  if (run.finished()) {
    say("Nothing left to do: " + run_options.output_dir + "/final is complete.");
    return 0;
  }
  try {
    say(ending_text(train(run), run_options.output_dir, next));
  } catch (...) {
    run.take_back();
    throw;
  }
  return 0;
}

}  // namespace nudge
