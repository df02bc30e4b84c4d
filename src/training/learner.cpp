#include "training/learner.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "kernels/adamw.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

constexpr std::int64_t skips_before_error = 3;

void load_into(const at::Tensor& target, const State& state, const std::string& name) {
  const at::Tensor& saved = state.tensor(name);
  require(
      saved.sizes() == target.sizes(),
      "The checkpoint's tensor \"{}\" has {} numbers, but this model has {}; resume with the model that the "
      "run was started with.",
      name, saved.numel(), target.numel());
  target.copy_(saved);
}

}  // namespace

Learner::Learner(Decoder& model, std::string name, const OptimizerOptions& optimizer,
                 const ScheduleOptions& schedule, std::int64_t total_steps, std::int64_t steps_at_one_rate)
    : model_(model),
      name_(std::move(name)),
      optimizer_(optimizer),
      schedule_(schedule),
      total_steps_(total_steps),
      steps_at_one_rate_(steps_at_one_rate) {
  check_options(optimizer_);
  check_options(schedule_);
  Parameters& parameters = model_.parameters();
  parameters.gradients();
  first_moments_ = at::zeros_like(parameters.flat());
  second_moments_ = at::zeros_like(parameters.flat());
  for (const auto& [_, parameter] : parameters.named()) {
    const std::int64_t begin = parameter.storage_offset() - parameters.flat().storage_offset();
    const std::int64_t end = begin + parameter.numel();
    const double decay = parameter.dim() >= 2 ? optimizer_.weight_decay : 0;
    if (!ranges_.empty() && ranges_.back().weight_decay == decay) {
      ranges_.back().end = end;  // over the unused, always zero, elements that align parameters
    } else {
      ranges_.push_back({begin, end, decay});
    }
  }
}

StepReport Learner::step(std::int64_t micro_batches, const std::function<LossSum(std::int64_t)>& loss) {
  StepReport report;
  report.learning_rate = learning_rate();
  if (const std::string problem = accumulate(micro_batches, loss, report); !problem.empty()) {
    skip(report, problem);
    return report;
  }
  const at::Tensor& gradients = model_.parameters().gradients();
  report.grad_norm =
      std::sqrt(kernels::sum_of_squares(gradients.const_data_ptr<float>(), gradients.numel())) / report.count;
  if (!std::isfinite(report.grad_norm)) {
    skip(report, fmt::format("the gradient norm is {} (the loss is {})", report.grad_norm, report.loss));
    return report;
  }
  // The arithmetic of torch.nn.utils.clip_grad_norm_.
  const double clip =
      optimizer_.max_grad_norm > 0 ? std::min(1.0, optimizer_.max_grad_norm / (report.grad_norm + 1e-6)) : 1;
  update(clip / report.count, report.learning_rate);
  ++steps_done_;
  skipped_in_a_row_ = 0;
  return report;
}

double Learner::learning_rate() const {
  return optimizer_.learning_rate *
         schedule_factor(schedule_, steps_done_ / steps_at_one_rate_, total_steps_ / steps_at_one_rate_);
}

/// Forward and backward over the micro-batches; the gradient buffer then holds the gradient of the sum.
/// Returns what went wrong, or "".
std::string Learner::accumulate(std::int64_t micro_batches, const std::function<LossSum(std::int64_t)>& loss,
                                StepReport& report) {
  model_.parameters().zero_gradients();
  double sum = 0;
  std::string problem;
  for (std::int64_t i = 0; i < micro_batches && problem.empty(); ++i) {
    const LossSum part = loss(i);
    const auto part_sum = part.sum.item<double>();
    sum += part_sum;
    report.count += part.count;
    report.metrics.merge(part.metrics);
    if (!std::isfinite(part_sum)) {
      problem = fmt::format("the loss of micro-batch {} of {} is {}", i + 1, micro_batches, part_sum);
    } else if (part.count > 0) {
      part.sum.backward();
    }
  }
  if (problem.empty() && report.count <= 0) problem = "nothing in its batch carries a loss";
  report.loss = sum / report.count;
  return problem;
}

void Learner::update(double gradient_scale, double learning_rate) {
  Parameters& parameters = model_.parameters();
  kernels::AdamWRule rule{.learning_rate = static_cast<float>(learning_rate),
                          .beta1 = static_cast<float>(optimizer_.adam_beta1),
                          .beta2 = static_cast<float>(optimizer_.adam_beta2),
                          .epsilon = static_cast<float>(optimizer_.adam_epsilon),
                          .weight_decay = 0,
                          .gradient_scale = static_cast<float>(gradient_scale),
                          .step = steps_done_ + 1};
  for (const Range& range : ranges_) {
    rule.weight_decay = static_cast<float>(range.weight_decay);
    kernels::adamw(rule, range.end - range.begin, parameters.flat().data_ptr<float>() + range.begin,
                   parameters.gradients().data_ptr<float>() + range.begin,
                   first_moments_.data_ptr<float>() + range.begin,
                   second_moments_.data_ptr<float>() + range.begin);
  }
  parameters.changed();
}

void Learner::skip(StepReport& report, const std::string& why) {
  report.skipped = true;
  ++skipped_in_a_row_;
  const std::string what =
      fmt::format("Optimizer step {} of the {} was skipped, because {}", steps_done_ + 1, name_, why);
  require(
      skipped_in_a_row_ < skips_before_error,
      "{}; this was the {}rd in a row. Look at the data of this step, or lower the learning rate, and go on "
      "from the last checkpoint with --resume.",
      what, skips_before_error);
  warn(what + "; the weights stay as they were.");
}

void Learner::save(State& state) const {
  state.tensors[name_ + ".weights"] = model_.parameters().flat();
  state.tensors[name_ + ".first_moments"] = first_moments_;
  state.tensors[name_ + ".second_moments"] = second_moments_;
  state.values[name_] = {{"steps_done", steps_done_}, {"skipped_in_a_row", skipped_in_a_row_}};
}

void Learner::load(const State& state) {
  const at::NoGradGuard no_grad;
  load_into(model_.parameters().flat(), state, name_ + ".weights");
  load_into(first_moments_, state, name_ + ".first_moments");
  load_into(second_moments_, state, name_ + ".second_moments");
  const auto values = get<Json>(state.values, name_, "checkpoint");
  steps_done_ = get<std::int64_t>(values, "steps_done", "checkpoint");
  skipped_in_a_row_ = get<std::int64_t>(values, "skipped_in_a_row", "checkpoint");
}

}  // namespace nudge
