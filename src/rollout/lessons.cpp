#include "rollout/lessons.h"

#include "base/error.h"
#include "base/progress.h"

namespace nudge {
namespace {

constexpr std::int64_t kMostSilentInARow = 3;
constexpr const char* kName = "rollouts_told_apart";

}  // namespace

void Lessons::add(const Lesson& lesson) {
  told_apart_ += lesson.told_apart;
  silent_in_a_row_ = lesson.scored > 0 ? 0 : silent_in_a_row_ + 1;
  ever_scored_ = ever_scored_ || lesson.scored > 0;
  if (lesson.scored > 0) return;
  const std::string what = fmt::format("{}: the reward {} could score 0 of {} completions", command_,
                                       reward_.name(), lesson.completions);
  require(ever_scored_, "{}; try it alone with nudge score.", what);
  require(
      silent_in_a_row_ < kMostSilentInARow,
      "{}, as in the {} rollouts before; mend the reward, and go on from the last checkpoint with --resume.",
      what, silent_in_a_row_ - 1);
  warn(what + " of this rollout; the weights stay as they were.");
}

void Lessons::require_any() const {
  require(told_apart_ > 0,
          "{}: the reward {} gave equal scores to all completions that were compared, in every rollout, so "
          "nothing was learned and no final model is written; samples/rollouts.jsonl shows them, and a task "
          "that the model solves sometimes, or a reward with more than two values, teaches more.",
          command_, reward_.name());
}

Kept Lessons::kept() {
  return {[this](State& state) { state.values[kName] = told_apart_; },
          // A checkpoint from before this was counted says nothing: it has the benefit of the doubt.
          [this](const State& state) {
            told_apart_ = get_or<std::int64_t>(state.values, kName, 1, "checkpoint");
          }};
}

}  // namespace nudge
