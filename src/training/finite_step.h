#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "training/learner.h"

namespace nudge {

/// Thrown out of a step by what has no finite loss or gradient in it, before any weight has changed: indices
/// of pairs, examples ... that the step is to be taken without.
struct NoFiniteLoss : std::exception {
  const char* what() const noexcept override { return "a loss or a gradient is not finite"; }
  std::vector<std::int64_t> indices;
};

/// Throws NoFiniteLoss with those of `indices` [N] whose `finite_N` is false, where there are any.
void leave_out_unless(const at::Tensor& finite_N, const std::vector<std::int64_t>& indices);

/// Takes steps in which one bad pair, or whatever a batch holds, never takes the others with it.
class FiniteSteps {
 public:
  using Parts = std::vector<std::vector<std::int64_t>>;  // the micro-batches: indices of what they hold

  /// `what` is one of them ("pair"); `named` says which one it is, for the warning.
  FiniteSteps(std::string command, std::string what, std::function<std::string(std::int64_t index)> named)
      : command_(std::move(command)), what_(std::move(what)), named_(std::move(named)) {}

  /// Calls `step`; when it throws NoFiniteLoss, says so and calls it again without those. With nothing left,
  /// `step` gets no micro-batch, and the learner skips.
  StepReport take(Parts parts, const std::function<StepReport(const Parts&)>& step);

  /// How many the last step left out.
  std::int64_t left_out() const { return left_out_; }

 private:
  void leave_out(const std::vector<std::int64_t>& indices, Parts& parts);

  std::string command_, what_;
  std::function<std::string(std::int64_t)> named_;
  std::int64_t left_out_ = 0, in_all_ = 0, warn_at_ = 1;
};

/// Adds "NAME_left_out" to a step's metrics where there were any.
void describe_left_out(const FiniteSteps& steps, const std::string& name, Metrics& metrics);

}  // namespace nudge
