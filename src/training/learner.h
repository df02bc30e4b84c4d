#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "model/decoder.h"
#include "tensor/loss_sum.h"
#include "training/optimizer.h"
#include "training/state.h"

namespace nudge {

/// What one optimizer step did.
struct StepReport {
  double loss = 0;  // sum / count over the whole step
  double count = 0;
  double grad_norm = 0;  // before clipping
  double learning_rate = 0;
  MetricSums metrics;    // of the losses, summed over the micro-batches
  bool skipped = false;  // the loss or a gradient was not finite; weights unchanged
};

/// Accumulates, clips, steps. Knows no algorithm: it is handed, per micro-batch, a callable that returns a
/// LossSum. Gradients of the sums are accumulated and divided once by the total count. A step with a
/// non-finite loss or gradient is skipped with a warning naming the quantity; after three in a row it throws
/// Error. A skipped step counts neither for the schedule nor for AdamW's bias correction. Not thread-safe.
class Learner {
 public:
  /// Keeps a reference to the model and makes it trainable. `name` prefixes its tensors in checkpoints
  /// ("policy"). `total_steps` is the length of the schedule in optimizer steps, of which `steps_at_one_rate`
  /// in a row share their learning rate. UsageError when an option is out of range.
  Learner(Decoder& model, std::string name, const OptimizerOptions& optimizer,
          const ScheduleOptions& schedule, std::int64_t total_steps, std::int64_t steps_at_one_rate = 1);

  StepReport step(std::int64_t micro_batches, const std::function<LossSum(std::int64_t index)>& loss);

  std::int64_t steps_done() const { return steps_done_; }
  double learning_rate() const;  // of the next step

  /// Weights, both moments and the step count, under this learner's name. The tensors are the learner's own,
  /// not copies: write the state before the next step.
  void save(State& state) const;
  void load(const State& state);

 private:
  /// Neighbouring parameters in the flat buffers, [begin, end), that share a weight decay.
  struct Range {
    std::int64_t begin, end;
    double weight_decay;
  };

  std::string accumulate(std::int64_t micro_batches, const std::function<LossSum(std::int64_t)>& loss,
                         StepReport& report);
  void update(double gradient_scale, double learning_rate);
  void skip(StepReport& report, const std::string& why);

  Decoder& model_;
  std::string name_;
  OptimizerOptions optimizer_;
  ScheduleOptions schedule_;
  std::int64_t total_steps_, steps_at_one_rate_, steps_done_ = 0, skipped_in_a_row_ = 0;
  std::vector<Range> ranges_;
  at::Tensor first_moments_, second_moments_;
};

}  // namespace nudge
