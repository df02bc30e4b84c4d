#pragma once

#include <vector>

#include "evaluation/answers.h"
#include "training/step_loop.h"

namespace nudge {

/// Looks at what a policy answers while it learns from fixed completions, which never shows it: at the start,
/// at ten points of the run and at its end, to the same prompts and with the same random numbers. Without
/// prompts there is nothing to see and nothing to pay. Refers to all it is given.
class AnswerWatch {
 public:
  /// Takes the policy as it is for the start and keeps its answers; make it before a checkpoint is loaded.
  /// The monitors score the answers.
  AnswerWatch(const Decoder& policy, const ChatFormat& format, std::vector<Prompt> prompts,
              std::vector<Reward*> monitors, const AnswerOptions& options);

  /// Adds to a step's numbers what a look then shows, if one is due: distinct answers, their length, KL(start
  /// || policy) and what the monitors say, as vitals and as watch/distinct, watch/mean_length,
  /// watch/kl_from_start and monitor/NAME.
  void look(const StepLoop& loop, StepNumbers& numbers) const;

 private:
  Vitals of(const std::vector<Trajectory>& answers) const;
  Vitals now() const;

  const Decoder& policy_;
  const ChatFormat& format_;
  std::vector<Prompt> prompts_;
  std::vector<Reward*> monitors_;
  AnswerOptions options_;
  std::vector<Trajectory> first_;
  Vitals start_;
};

}  // namespace nudge
