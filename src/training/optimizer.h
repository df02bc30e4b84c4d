#pragma once

#include <cstdint>

#include "base/names.h"

namespace nudge {

class Options;

/// AdamW (Loshchilov and Hutter 2019) with global-norm clipping.
struct OptimizerOptions {
  double learning_rate = 2e-5;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-8;
  double weight_decay = 0;     // applied to matrices only
  double max_grad_norm = 1.0;  // 0: no clipping
};

/// The learning rate after the warm-up: constant, linear to 0, or cosine to a floor.
enum class LrSchedule { constant, linear, cosine };
constexpr auto names_table(LrSchedule) {
  return std::to_array<Named<LrSchedule>>(
      {{LrSchedule::constant, "constant"}, {LrSchedule::linear, "linear"}, {LrSchedule::cosine, "cosine"}});
}

/// The learning rate over the run, behind a linear warm-up.
struct ScheduleOptions {
  LrSchedule lr_scheduler_type = LrSchedule::linear;
  std::int64_t warmup_steps = 0;
  double min_lr_ratio = 0;  // floor of the cosine, as a share of the peak
};

void declare(Options& options, OptimizerOptions& optimizer);
void declare(Options& options, ScheduleOptions& schedule);

/// Factor on the peak learning rate at `step` (from 0) of `total`; never 0 at the first step of a warm-up:
/// (step + 1) / warmup. Steps beyond `total` count as the last.
double schedule_factor(const ScheduleOptions& schedule, std::int64_t step, std::int64_t total);

}  // namespace nudge
