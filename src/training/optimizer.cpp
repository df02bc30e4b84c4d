#include "training/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/options.h"

namespace nudge {

void declare(Options& options, OptimizerOptions& optimizer) {
  options.section("Optimizer");
  options.add("learning_rate", optimizer.learning_rate, "Peak learning rate of AdamW.").within(between(0, 1));
  options.add("adam_beta1", optimizer.adam_beta1, "Decay of AdamW's mean of gradients.")
      .within(from_below(0, 1));
  options.add("adam_beta2", optimizer.adam_beta2, "Decay of AdamW's mean of squared gradients.")
      .within(from_below(0, 1));
  options
      .add("adam_epsilon", optimizer.adam_epsilon,
           "Added to the root of the mean square; larger damps weights whose gradients are tiny.")
      .within(above(0));
  options
      .add("weight_decay", optimizer.weight_decay,
           "Decoupled weight decay, applied to matrices and not to norms.")
      .within(at_least(0));
  options
      .add("max_grad_norm", optimizer.max_grad_norm,
           "Gradients with a larger global norm are scaled down to it; 0: no clipping.")
      .within(at_least(0));
}

void declare(Options& options, ScheduleOptions& schedule) {
  options.section("Learning-rate schedule");
  options.choose("lr_scheduler_type", schedule.lr_scheduler_type,
                 "After the warm-up: constant, linear to 0, or cosine to a floor.");
  options.add("warmup_steps", schedule.warmup_steps, "Optimizer steps of linear warm-up.")
      .within(at_least(0));
  options.add("min_lr_ratio", schedule.min_lr_ratio, "Floor of the cosine, as a share of the peak.")
      .within(between(0, 1));
}

double schedule_factor(const ScheduleOptions& schedule, std::int64_t step, std::int64_t total) {
  if (step < schedule.warmup_steps) {
    return static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  const auto decay_steps = static_cast<double>(std::max<std::int64_t>(1, total - schedule.warmup_steps));
  const double progress = std::min(1.0, static_cast<double>(step - schedule.warmup_steps) / decay_steps);
  switch (schedule.lr_scheduler_type) {
    case LrSchedule::constant:
      return 1;
    case LrSchedule::linear:
      return 1 - progress;
    case LrSchedule::cosine:
      break;
  }
  const double wave = (1 + std::cos(std::numbers::pi * progress)) / 2;
  return schedule.min_lr_ratio + (1 - schedule.min_lr_ratio) * wave;
}

}  // namespace nudge
