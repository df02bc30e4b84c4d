#include "training/end_of_step.h"

#include "base/error.h"
#include "base/interrupt.h"

namespace nudge {

void end_of_step(Run& run, const RunOptions& options, std::int64_t step, const std::string& unit,
                 const std::function<State()>& state) {
  const bool stop = interrupt_requested();
  const bool due = options.save_steps > 0 && step % options.save_steps == 0;
  if (due || stop) run.save_checkpoint(step, state());
  if (stop) {
    throw Interrupted(
        fmt::format("Stopped after {} {}; the same command with --resume goes on from there.", unit, step));
  }
}

}  // namespace nudge
